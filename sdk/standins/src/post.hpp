// One HTTP POST to a loopback address: what webhooks are sent with.
#pragma once

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace weir::standin {

// `done` gets the answer's status, or 0 when there was none within `timeout`; always later, on the io_context's thread.
// `url` is http://ADDRESS:PORT/PATH with a numeric address or localhost: a stand-in resolves no names.
void post(boost::asio::io_context& io, const std::string& url,
          const std::vector<std::pair<std::string, std::string>>& headers, std::string body,
          std::chrono::milliseconds timeout, std::function<void(int)> done);

// Whether post() can send there.
[[nodiscard]] bool is_postable(const std::string& url);

}  // namespace weir::standin
