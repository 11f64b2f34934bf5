#include "tests/fault/faulty_vfs.hpp"

#include <sqlite3.h>

#include <atomic>
#include <cstring>
#include <mutex>

namespace weir::testing {

namespace {

constexpr const char* kName = "weir-faulty";

struct Plan {
    std::mutex mutex;
    Fault fault = Fault::write_full;
    std::uint64_t until = 0;  // operations that still pass
    std::uint64_t times = 0;  // operations that then fail
    std::uint64_t failed = 0;
};
Plan g_plan;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

enum class Operation : std::uint8_t { write, sync, truncate };

Operation operation_of(Fault fault) {
    switch (fault) {
        case Fault::write_full:
        case Fault::write_torn:
            return Operation::write;
        case Fault::sync_lost:
        case Fault::sync_landed:
            return Operation::sync;
        case Fault::truncate_failed:
            return Operation::truncate;
    }
    return Operation::write;
}

// Whether this operation fails, and how.
bool fails(Operation operation, Fault& how) {
    const std::scoped_lock lock(g_plan.mutex);
    if (g_plan.times == 0 || operation_of(g_plan.fault) != operation) return false;
    if (g_plan.until > 0) {
        --g_plan.until;
        return false;
    }
    --g_plan.times;
    ++g_plan.failed;
    how = g_plan.fault;
    return true;
}

struct File {
    sqlite3_file base;
    sqlite3_file* real;  // behind this struct, in memory that SQLite gave
};

sqlite3_vfs* real_vfs() { return sqlite3_vfs_find("unix"); }
sqlite3_file* real(sqlite3_file* file) { return reinterpret_cast<File*>(file)->real; }

int file_close(sqlite3_file* file) { return real(file)->pMethods->xClose(real(file)); }
int file_read(sqlite3_file* file, void* data, int size, sqlite3_int64 at) {
    return real(file)->pMethods->xRead(real(file), data, size, at);
}
int file_write(sqlite3_file* file, const void* data, int size, sqlite3_int64 at) {
    Fault how{};
    if (fails(Operation::write, how)) {
        if (how == Fault::write_full) return SQLITE_FULL;
        (void)real(file)->pMethods->xWrite(real(file), data, size / 2, at);
        return SQLITE_IOERR_WRITE;
    }
    return real(file)->pMethods->xWrite(real(file), data, size, at);
}
int file_truncate(sqlite3_file* file, sqlite3_int64 size) {
    Fault how{};
    if (fails(Operation::truncate, how)) return SQLITE_IOERR_TRUNCATE;
    return real(file)->pMethods->xTruncate(real(file), size);
}
int file_sync(sqlite3_file* file, int flags) {
    Fault how{};
    if (fails(Operation::sync, how)) {
        if (how == Fault::sync_landed) (void)real(file)->pMethods->xSync(real(file), flags);
        return SQLITE_IOERR_FSYNC;
    }
    return real(file)->pMethods->xSync(real(file), flags);
}
int file_size(sqlite3_file* file, sqlite3_int64* size) { return real(file)->pMethods->xFileSize(real(file), size); }
int file_lock(sqlite3_file* file, int level) { return real(file)->pMethods->xLock(real(file), level); }
int file_unlock(sqlite3_file* file, int level) { return real(file)->pMethods->xUnlock(real(file), level); }
int file_check_lock(sqlite3_file* file, int* held) {
    return real(file)->pMethods->xCheckReservedLock(real(file), held);
}
int file_control(sqlite3_file* file, int op, void* arg) {
    return real(file)->pMethods->xFileControl(real(file), op, arg);
}
int file_sector(sqlite3_file* file) { return real(file)->pMethods->xSectorSize(real(file)); }
int file_traits(sqlite3_file* file) { return real(file)->pMethods->xDeviceCharacteristics(real(file)); }
int shm_map(sqlite3_file* file, int page, int size, int extend, void volatile** data) {
    return real(file)->pMethods->xShmMap(real(file), page, size, extend, data);
}
int shm_lock(sqlite3_file* file, int offset, int n, int flags) {
    return real(file)->pMethods->xShmLock(real(file), offset, n, flags);
}
void shm_barrier(sqlite3_file* file) { real(file)->pMethods->xShmBarrier(real(file)); }
int shm_unmap(sqlite3_file* file, int remove) { return real(file)->pMethods->xShmUnmap(real(file), remove); }
int fetch(sqlite3_file* file, sqlite3_int64 at, int size, void** data) {
    return real(file)->pMethods->xFetch(real(file), at, size, data);
}
int unfetch(sqlite3_file* file, sqlite3_int64 at, void* data) {
    return real(file)->pMethods->xUnfetch(real(file), at, data);
}

const sqlite3_io_methods kMethods = {3,           file_close, file_read,   file_write,      file_truncate, file_sync,
                                     file_size,   file_lock,  file_unlock, file_check_lock, file_control,  file_sector,
                                     file_traits, shm_map,    shm_lock,    shm_barrier,     shm_unmap,     fetch,
                                     unfetch};

int vfs_open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out_flags) {
    auto* wrapped = reinterpret_cast<File*>(file);
    wrapped->real = reinterpret_cast<sqlite3_file*>(wrapped + 1);
    const int code = real_vfs()->xOpen(real_vfs(), name, wrapped->real, flags, out_flags);
    // SQLite closes only what has methods.
    wrapped->base.pMethods = wrapped->real->pMethods == nullptr ? nullptr : &kMethods;
    return code;
}

sqlite3_vfs make_vfs() {
    sqlite3_vfs vfs = *real_vfs();  // everything but opening is the real one's; it takes no notice of its argument
    vfs.zName = kName;
    vfs.pNext = nullptr;
    vfs.szOsFile = static_cast<int>(sizeof(File)) + real_vfs()->szOsFile;
    vfs.xOpen = vfs_open;
    return vfs;
}

}  // namespace

std::string FaultyVfs::name() {
    static sqlite3_vfs vfs = make_vfs();
    static const int registered = sqlite3_vfs_register(&vfs, 0);
    return registered == SQLITE_OK ? kName : "";
}

void FaultyVfs::arm(Fault fault, std::uint64_t nth, std::uint64_t times) {
    const std::scoped_lock lock(g_plan.mutex);
    g_plan.fault = fault;
    g_plan.until = nth - 1;
    g_plan.times = times;
    g_plan.failed = 0;
}

void FaultyVfs::disarm() {
    const std::scoped_lock lock(g_plan.mutex);
    g_plan.times = 0;
}

std::uint64_t FaultyVfs::failed() {
    const std::scoped_lock lock(g_plan.mutex);
    return g_plan.failed;
}

}  // namespace weir::testing
