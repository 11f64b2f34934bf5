// A SQLite VFS that fails when told to: the disk that fills up, the sync that reports an error.
#pragma once

#include <cstdint>
#include <string>

namespace weir::testing {

enum class Fault : std::uint8_t {
    write_full,   // a write fails, "disk full"; nothing of it is written
    write_torn,   // a write fails with an I/O error after half of its bytes
    sync_lost,    // a sync fails
    sync_landed,  // a sync fails although everything reached the disk
    truncate_failed,
};

// Registered under name() once; the files are the default VFS's. Any thread.
class FaultyVfs {
  public:
    [[nodiscard]] static std::string name();
    // From the `nth` operation of the fault's kind on, `times` of them fail. nth counts from 1.
    static void arm(Fault fault, std::uint64_t nth, std::uint64_t times);
    static void disarm();
    // How many failed since arm().
    [[nodiscard]] static std::uint64_t failed();
};

}  // namespace weir::testing
