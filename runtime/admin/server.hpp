// The administration API over HTTP: every operation of operations.def behind a token, on a listener of its own.
#pragma once

#include <weir/result.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "runtime/admin/plant.hpp"

namespace weir::admin {

struct ServerOptions {
    std::string listen = "127.0.0.1:0";  // "host:port"; port 0 picks a free one
    // Tokens are read from <data_dir>/admin/tokens.json. start() writes <data_dir>/host.json (process id and address,
    // nothing secret) and <data_dir>/admin/local.token, by which verbs of the same user get in.
    std::filesystem::path data_dir;
    std::string version;          // of weir, for /metrics and OpenAPI
    bool open_metrics = false;    // answer /metrics without a token
    std::string tls_certificate;  // PEM files; empty: plain HTTP
    std::string tls_key;
};

// Operations run one after the other on one thread of its own; /live is answered beside them.
class Server {
  public:
    // `plant` (with a live host; the inspector may be null) outlives the server. `unavailable`: the address is in use
    // or a file cannot be written.
    [[nodiscard]] static Result<std::unique_ptr<Server>> start(const ServerOptions& options, const Plant& plant);
    virtual ~Server() = default;                            // as stop()
    [[nodiscard]] virtual std::string address() const = 0;  // "http://127.0.0.1:39211"
    // Answers what is open, refuses the rest, removes host.json. Before the live host goes away.
    virtual void stop() = 0;
};

}  // namespace weir::admin
