#define VENDOR_FIRST_COUNT 200
#define VENDOR_LOG_LEVEL spdlog::level::err
#include "vendor.hpp"

WEIR_COMPONENT(count, vendor::Count, 0)
WEIR_PLUGIN(&count)
