// The kinds of stand-ins, by name.
#pragma once

#include <boost/asio/io_context.hpp>

#include <memory>
#include <string>
#include <vector>

#include "site.hpp"

namespace weir::standin {

// In the order in which `all` gives them ports.
[[nodiscard]] const std::vector<std::string>& kinds();
// `kind` is one of kinds(). The io_context outlives the site.
[[nodiscard]] std::shared_ptr<Site> make_site(const std::string& kind, boost::asio::io_context& io);

}  // namespace weir::standin
