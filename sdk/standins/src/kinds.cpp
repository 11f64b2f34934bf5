#include "kinds.hpp"

#include "erp.hpp"

namespace weir::standin {

const std::vector<std::string>& kinds() {
    static const std::vector<std::string> kAll{"erp"};
    return kAll;
}

std::unique_ptr<Site> make_site(const std::string& kind, boost::asio::io_context& /*io*/) {
    auto site = std::make_unique<Site>(kind, erp_defaults());
    site->set_service(std::make_unique<Erp>(site->settings, site->store));
    return site;
}

}  // namespace weir::standin
