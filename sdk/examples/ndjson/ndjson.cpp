#include <weir/sdk.hpp>

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

struct Config {
    std::string path;
};
WEIR_CONFIG(Config, path)

class NdjsonSink final : public weir::Sink<Config> {
  public:
    using Sink::Sink;
    ~NdjsonSink() override {
        if (file_ >= 0) ::close(file_);
    }
    void start(weir::Call&) override {
        if (file_ < 0) file_ = ::open(cfg().path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
        if (file_ < 0) throw weir::Retry("OPEN", std::strerror(errno));
    }
    void limits(weir_sink_limits& limits) override { limits.order = WEIR_ORDER_TOTAL; }

    void deliver(weir::Call& call, weir::Delivery& delivery) override {
        std::vector<weir::Item> written;
        for (const weir::Item item : delivery) {
            const std::string line = std::string(item.payload()) + '\n';
            const auto size = static_cast<ssize_t>(line.size());
            if (line.find('\n') + 1 != line.size())
                item.rejected("LINE_BREAK", "the payload has a line break");
            else if (call.dry_run() || ::write(file_, line.data(), line.size()) == size)
                written.push_back(item);
            else
                item.unknown("WRITE", std::strerror(errno));  // part of it may be in the file
        }
        if (::fsync(file_) != 0) throw weir::Fatal("WRITE", std::strerror(errno));  // the rest: unknown
        for (const weir::Item& item : written) item.delivered();                    // only now it is true
    }

  private:
    int file_ = -1;
};

WEIR_COMPONENT(ndjson, NdjsonSink, WEIR_TRAIT_BLOCKING)
WEIR_PLUGIN(&ndjson)
