internal import Foundation

extension PrometheusRegistry {
    /// Adds what is known about every process: who it is, its memory, its CPU time and its open files, read from /proc when
    /// the metrics are read.
    func describeProcess(service: String, instance: String) {
        let info = MetricLabels([
            ("service", service), ("instance", instance), ("version", HeadframeVersion.current),
        ])
        let startTime = Date().timeIntervalSince1970
        collect {
            var families = [
                family("headframe_build_info", .gauge, "Service, instance and version; always 1", .gauge(1), info),
                family("process_start_time_seconds", .gauge, "Start, in seconds since 1970", .gauge(startTime)),
            ]
            if let pages = numbers(in: "/proc/self/statm").dropFirst().first {
                let bytes = pages * Double(sysconf(Int32(_SC_PAGESIZE)))
                families.append(
                    family("process_resident_memory_bytes", .gauge, "Memory in use", .gauge(bytes)))
            }
            if let files = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
                families.append(family("process_open_fds", .gauge, "Open files", .gauge(Double(files))))
            }
            var usage = rusage()
            getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
            families.append(
                family(
                    "process_cpu_seconds_total", .counter, "CPU time, user and system",
                    .counter(whole: 0, fraction: usage.ru_utime.seconds + usage.ru_stime.seconds)))
            return families
        }
    }
}

private func family(
    _ name: String, _ kind: MetricFamily.Kind, _ help: String, _ value: MetricValue,
    _ labels: MetricLabels = MetricLabels([])
) -> MetricFamily {
    MetricFamily(name: name, kind: kind, help: help, series: [(labels, value)])
}

private func numbers(in path: String) -> [Double] {
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    return text.split(whereSeparator: \.isWhitespace).compactMap { Double($0) }
}

extension timeval {
    fileprivate var seconds: Double { Double(tv_sec) + Double(tv_usec) / 1e6 }
}
