#include "kinds.hpp"

#include "billing.hpp"
#include "erp.hpp"
#include "support.hpp"

namespace weir::standin {

namespace {

template <class Made, class... Before>
std::shared_ptr<Site> site_of(const std::string& kind, const Json& defaults, Before&... before) {
    auto site = std::make_shared<Site>(kind, defaults);
    site->set_service(std::make_unique<Made>(before..., site->settings, site->store));
    return site;
}

}  // namespace

const std::vector<std::string>& kinds() {
    static const std::vector<std::string> kAll{"erp", "billing", "support"};
    return kAll;
}

std::shared_ptr<Site> make_site(const std::string& kind, boost::asio::io_context& io) {
    if (kind == "billing") return site_of<Billing>(kind, billing_defaults(), io);
    if (kind == "support") return site_of<Support>(kind, support_defaults(), io);
    return site_of<Erp>(kind, erp_defaults());
}

}  // namespace weir::standin
