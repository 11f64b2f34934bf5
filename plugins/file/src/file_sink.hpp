// The file sink, see file_sink.cpp.
#pragma once

#include "append_file.hpp"
#include "lines.hpp"
#include "source_config.hpp"

#include <weir/sink.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weir::file {

struct SinkConfig {
    std::string path;
    Envelope envelope = Envelope::none;
};
WEIR_CONFIG(SinkConfig, path, envelope)

class FileSink final : public Sink<SinkConfig> {
  public:
    FileSink(Host host, SinkConfig config);

    void start(Call& call) override;
    void probe(Call& call) override;
    void limits(weir_sink_limits& limits) override;
    void deliver(Call& call, Delivery& delivery) override;
    void resolve(Call& call, Delivery& delivery) override;

  private:
    void report_failure(const Error& error);
    [[nodiscard]] std::string remote_id(std::uint64_t offset) const;

    std::string path_;
    std::optional<AppendFile> file_;
    std::string lines_;           // of the batch; reused
    std::vector<Placed> placed_;  // one per written item
    std::vector<Item> written_;
};

}  // namespace weir::file
