#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>

/// An eventfd that never blocks and is not inherited by child processes; -1 with errno on failure.
static inline int headframe_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

/// Names the calling thread in the process table; the system keeps 15 bytes.
static inline void headframe_name_thread(const char *name) { (void)prctl(PR_SET_NAME, name, 0, 0, 0); }

/// CRC-32C by the processor's own instruction: of `count` bytes that follow those with the (inverted) checksum `value`. To be called only where
/// `headframe_has_crc32c` is 1.
#if defined(__x86_64__)
#include <cpuid.h>

static inline int headframe_has_crc32c(void) {
    unsigned int a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSE4_2);
}

__attribute__((target("sse4.2"))) static inline uint32_t headframe_crc32c(
    uint32_t value, const unsigned char *bytes, size_t count) {
    uint64_t wide = value;
    for (; count >= 8; count -= 8, bytes += 8) {
        uint64_t word;
        __builtin_memcpy(&word, bytes, 8);
        wide = __builtin_ia32_crc32di(wide, word);
    }
    value = (uint32_t)wide;
    for (; count > 0; count--) value = __builtin_ia32_crc32qi(value, *bytes++);
    return value;
}
#elif defined(__aarch64__)
#include <sys/auxv.h>

static inline int headframe_has_crc32c(void) { return (getauxval(AT_HWCAP) & (1 << 7 /* HWCAP_CRC32 */)) != 0; }

__attribute__((target("crc"))) static inline uint32_t headframe_crc32c(
    uint32_t value, const unsigned char *bytes, size_t count) {
    for (; count >= 8; count -= 8, bytes += 8) {
        uint64_t word;
        __builtin_memcpy(&word, bytes, 8);
        value = __builtin_arm_crc32cd(value, word);
    }
    for (; count > 0; count--) value = __builtin_arm_crc32cb(value, *bytes++);
    return value;
}
#else
static inline int headframe_has_crc32c(void) { return 0; }

static inline uint32_t headframe_crc32c(uint32_t value, const unsigned char *bytes, size_t count) { return value; }
#endif
