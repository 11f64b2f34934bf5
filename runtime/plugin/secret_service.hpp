// weir.secrets/1 of one instance, and the memory of what must not appear in its logs.
#pragma once

#include <weir/secrets.h>

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/plugin/handles.hpp"

namespace weir::plugin {

class SecretService {
  public:
    explicit SecretService(const SecretLookup& lookup);
    SecretService(const SecretService&) = delete;
    SecretService& operator=(const SecretService&) = delete;
    ~SecretService();

    [[nodiscard]] const weir_svc_secrets* table() const noexcept { return &service_.table; }
    // [any] `text` with every secret this instance was given replaced by "***". Values below 4 bytes are left: they
    // are found in any text.
    [[nodiscard]] std::string redact(std::string_view text) const;
    // [any] Nothing is given out any more.
    void close() noexcept { closed_ = true; }

  private:
    struct Service {
        weir_svc_secrets table;
        SecretService* owner;
    };
    weir_status get(weir_str name, char* buffer, std::size_t* size, weir_error* error);
    void remember(const std::string& value);

    const SecretLookup& lookup_;
    Service service_;
    std::atomic<bool> closed_{false};
    std::atomic<bool> any_given_{false};
    mutable std::mutex mutex_;
    std::vector<std::string> given_;
};

}  // namespace weir::plugin
