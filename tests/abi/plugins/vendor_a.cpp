#define VENDOR_FIRST_COUNT 100
#define VENDOR_LOG_LEVEL spdlog::level::debug
#include "vendor.hpp"

WEIR_COMPONENT(count, vendor::Count, 0)
WEIR_PLUGIN(&count)
