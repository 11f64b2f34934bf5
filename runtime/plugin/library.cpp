#include "runtime/plugin/library.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <boost/dll/shared_library.hpp>
#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "runtime/base/log.hpp"
#include "runtime/plugin/abi_call.hpp"
#include "runtime/plugin/bounded_call.hpp"
#include "runtime/plugin/host_services.hpp"
#include "runtime/plugin/trusted_file.hpp"

namespace weir::plugin {

namespace {

constexpr std::chrono::seconds kInitLimit{5};

Error failed(std::string code, std::string message) { return {Errc::invalid, std::move(message), std::move(code), {}}; }

// Library code that was mapped. Neither member is ever given back: code of an unloaded library may still be reached
// through thread-local destructors, and glibc finds libraries by name, so /proc/self/fd/N must not come to mean
// another file while N's first owner is mapped.
struct Image {
    Descriptor file;
    boost::dll::shared_library code;
};

class LoadedLibrary final : public Library {
  public:
    LoadedLibrary(Manifest manifest, std::string sha256, const weir_plugin& plugin)
        : manifest_(std::move(manifest)),
          sha256_(std::move(sha256)),
          plugin_(plugin),
          host_(process_context(), manifest_.id, std::nullopt) {}

    [[nodiscard]] const Manifest& manifest() const noexcept override { return manifest_; }
    [[nodiscard]] const weir_plugin& plugin() const noexcept override { return plugin_; }
    [[nodiscard]] const weir_component* component(std::uint32_t kind, std::string_view name) const noexcept override;
    [[nodiscard]] const std::string& sha256() const noexcept { return sha256_; }
    // For init(): a host without services.
    [[nodiscard]] const weir_host* host() const noexcept { return host_.abi(); }

  private:
    static std::shared_ptr<const HostContext> process_context() {
        static const SystemClock clock;
        auto context = std::make_shared<HostContext>();
        context->clock = &clock;
        return context;
    }

    Manifest manifest_;
    std::string sha256_;
    const weir_plugin& plugin_;
    InstanceHost host_;
};

const weir_component* LoadedLibrary::component(std::uint32_t kind, std::string_view name) const noexcept {
    const weir_component* found = nullptr;
    for (std::uint32_t i = 0; i < plugin_.component_count; ++i) {
        const weir_component* candidate = plugin_.components[i];
        if (candidate->kind != kind || (!name.empty() && view(candidate->name) != name)) continue;
        if (found != nullptr) return nullptr;  // name "" and more than one of the kind
        found = candidate;
    }
    return found;
}

// Everything that was ever mapped. Never destroyed: instances may outlive main's statics.
struct Loaded {
    std::mutex mutex;
    std::vector<std::unique_ptr<Image>> images;  // those of refused libraries too
    std::vector<std::shared_ptr<const LoadedLibrary>> libraries;
};
Loaded& loaded() {
    static auto& forever = *new Loaded;
    return forever;
}

// A copy that nobody can change any more, and that is not torn down when the file is overwritten in place.
Result<Descriptor> sealed_copy(const std::vector<std::byte>& bytes, const std::string& name) {
#ifdef MFD_EXEC
    constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC;
#else
    constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING | 0x0010U;  // MFD_EXEC, Linux 6.3
#endif
    Descriptor fd(::memfd_create(name.c_str(), kFlags));
    if (fd.get() < 0) fd = Descriptor(::memfd_create(name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (fd.get() < 0) return failed("load_failed", "no memory file for the library: " + errno_text(errno));
    for (std::size_t at = 0; at < bytes.size();) {
        const ssize_t written = ::write(fd.get(), bytes.data() + at, bytes.size() - at);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return failed("load_failed", "the library cannot be copied: " + errno_text(errno));
        at += static_cast<std::size_t>(written);
    }
    if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) != 0) {
        return failed("load_failed", "the library's copy cannot be sealed: " + errno_text(errno));
    }
    return fd;
}

Result<std::vector<std::byte>> read_hashed_bytes(const Candidate& candidate) {
    WEIR_TRY(const auto directory, TrustedDirectory::open(candidate.file.parent_path()));
    WEIR_TRY(FileContent content, directory.read(candidate.file.filename().string()));
    WEIR_CHECK_OK(std::move(content.trust));
    if (content.sha256 != candidate.sha256) {
        return failed("changed_on_disk", "the file's SHA-256 is " + content.sha256 + " now, it was " +
                                             candidate.sha256 + " when plugins were listed");
    }
    return std::move(content.bytes);
}

Result<Image*> map_library(const Candidate& candidate) {
    WEIR_TRY(const auto bytes, read_hashed_bytes(candidate));
    auto image = std::make_unique<Image>();
    WEIR_TRY(image->file,
             sealed_copy(bytes, bounded_text("weir:" + candidate.manifest.id + "@" + candidate.manifest.version, 200)));
    std::error_code error;
    ::dlerror();
    image->code.load("/proc/self/fd/" + std::to_string(image->file.get()),
                     boost::dll::load_mode::rtld_now | boost::dll::load_mode::rtld_local, error);
    if (error) {
        // Boost's code is always "bad file descriptor"; the reason is only here.
        const char* reason = ::dlerror();
        return failed("load_failed", reason != nullptr ? std::string(reason) : error.message());
    }
    return loaded().images.emplace_back(std::move(image)).get();
}

Result<const weir_plugin*> enter(const Image& image) {
    if (!image.code.has(WEIR_ENTRY_SYMBOL)) {
        return failed("missing_symbol", "the library exports no " WEIR_ENTRY_SYMBOL);
    }
    const auto& entry = image.code.get<const weir_plugin*(std::uint32_t)>(WEIR_ENTRY_SYMBOL);
    const weir_plugin* plugin = entry(WEIR_ABI_MINOR);
    if (plugin == nullptr) {
        return failed("entry_null", "the library refused this host, which speaks plugin ABI " +
                                        std::to_string(WEIR_ABI_MAJOR) + "." + std::to_string(WEIR_ABI_MINOR));
    }
    if (entry(WEIR_ABI_MINOR) != plugin) {
        return failed("entry_unstable", WEIR_ENTRY_SYMBOL "() gave two different pointers, expected static data");
    }
    return plugin;
}

Status initialise(const std::shared_ptr<const LoadedLibrary>& library) {
    if (library->plugin().init == nullptr) return ok();
    struct Answer {
        weir_status status = WEIR_OK;
        AbiError error;
    };
    const auto answer = std::make_shared<Answer>();
    const bool back = run_bounded(
        [library, answer] { answer->status = library->plugin().init(library->host(), answer->error.get()); },
        kInitLimit);
    if (!back) return failed("init_failed", "init() did not return within 5 s");
    if (answer->status >= 0) return ok();
    const Error error = answer->error.error(answer->status, "init()");
    return failed("init_failed", "init(): " + error.code + ": " + error.message);
}

Result<const weir_plugin*> plugin_of(const Candidate& candidate) {
    if (candidate.builtin != nullptr) return candidate.builtin;
    WEIR_TRY(const Image* image, map_library(candidate));
    return enter(*image);
}

Result<std::shared_ptr<const Library>> load_new(const Candidate& candidate) {
    WEIR_TRY(const weir_plugin* plugin, plugin_of(candidate));
    WEIR_CHECK_OK(check_plugin(*plugin, candidate.manifest));
    auto library = std::make_shared<const LoadedLibrary>(candidate.manifest, candidate.sha256, *plugin);
    WEIR_CHECK_OK(initialise(library));
    loaded().libraries.push_back(library);
    log::info("plugin loaded", {{"plugin", candidate.manifest.id},
                                {"version", candidate.manifest.version},
                                {"sdk", bounded_text(plugin_view(plugin->sdk), 80)},
                                {"sha256", candidate.sha256}});
    return std::shared_ptr<const Library>(std::move(library));
}

}  // namespace

Result<std::shared_ptr<const Library>> load_library(const Candidate& candidate) {
    const std::string what = "plugin \"" + candidate.file.string() + "\"";
    if (!candidate.refused.empty()) {
        return Error{Errc::invalid, what + ": " + candidate.refused, candidate.code, {}};
    }
    const std::lock_guard lock(loaded().mutex);
    for (const auto& library : loaded().libraries) {
        if (library->sha256() == candidate.sha256) return std::shared_ptr<const Library>(library);
    }
    auto library = load_new(candidate);
    if (!library) return std::move(library).error().in(what);
    return library;
}

}  // namespace weir::plugin
