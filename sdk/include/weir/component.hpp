// What sources, transforms and sinks have in common: configuration, host, life cycle, and the C table entries.
#pragma once

#include <weir/call.hpp>
#include <weir/config.hpp>
#include <weir/error.hpp>
#include <weir/host.hpp>

#include <memory>
#include <string_view>
#include <type_traits>

namespace weir {
inline namespace sdk_1 {

// Base of every component. Constructed on the host's set-up thread: check the configuration there (throw ConfigError),
// touch nothing outside; connect in start().
template <class ConfigType>
class Component {
  public:
    using Config = ConfigType;

    Component(Host host, Config config) : host_(host), config_(std::move(config)) {}
    Component(const Component&) = delete;
    Component& operator=(const Component&) = delete;
    virtual ~Component() = default;

    // [io] Connect; again after Disconnected. throw Retry: called again later.
    virtual void start(Call&) {}
    // [any] Wake blocking calls and return at once; may come at any moment, repeatedly.
    virtual void stop() noexcept {}
    // [io] Optional. Ask the target: reachable, authorised? Throws when not.
    virtual void probe(Call&) {}

    [[nodiscard]] const Config& cfg() const noexcept { return config_; }
    [[nodiscard]] const Host& host() const noexcept { return host_; }

  private:
    Host host_;
    Config config_;
};

namespace detail {

template <class Class>
[[nodiscard]] Class& self(weir_instance* instance) noexcept {
    return *reinterpret_cast<Class*>(instance);
}

// Does `Class` override the member that Base declares? &Class::f has the type of a member of where f was declared.
template <auto Derived, auto Base>
inline constexpr bool kOverrides = !std::is_same_v<decltype(Derived), decltype(Base)>;

// The functions every kind of component has.
template <class Class>
struct Lifecycle {
    static weir_instance* create(const weir_component*, const weir_host* host, weir_str config_json,
                                 weir_error* error) noexcept {
        std::unique_ptr<Class> made;
        const weir_status status = guard_call(error, [&]() -> weir_status {
            made = std::make_unique<Class>(Host(host), parse_config<typename Class::Config>(view(config_json)));
            return WEIR_OK;
        });
        return status == WEIR_OK ? reinterpret_cast<weir_instance*>(made.release()) : nullptr;
    }
    static weir_status start(weir_instance* instance, const weir_call* call, weir_error* error) noexcept {
        return guard_call(error, [&]() -> weir_status {
            Class& component = self<Class>(instance);
            Call wrapped(call, component.host().raw());
            component.start(wrapped);
            return WEIR_OK;
        });
    }
    static weir_status probe(weir_instance* instance, const weir_call* call, weir_error* error) noexcept {
        return guard_call(error, [&]() -> weir_status {
            Class& component = self<Class>(instance);
            Call wrapped(call, component.host().raw());
            component.probe(wrapped);
            return WEIR_OK;
        });
    }
    static void stop(weir_instance* instance) noexcept { self<Class>(instance).stop(); }
    static void destroy(weir_instance* instance) noexcept {
        const std::unique_ptr<Class> owned(&self<Class>(instance));
    }
};

}  // namespace detail
}  // namespace sdk_1
}  // namespace weir
