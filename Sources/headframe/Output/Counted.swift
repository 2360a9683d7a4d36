/// A number with its noun: `1 method`, `2 methods`; a noun whose plural is another word gives that too.
func counted(_ number: Int, _ noun: String, _ plural: String? = nil) -> String {
    "\(number) \(number == 1 ? noun : plural ?? noun + "s")"
}
