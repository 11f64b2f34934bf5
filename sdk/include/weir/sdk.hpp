// The weir SDK for C++20: everything a plugin includes, but for <weir/json.hpp> (reading payloads),
// <weir/json_text.hpp> (settings of any form) and <weir/decimal.hpp> (money), which bring more with them.
#pragma once

#include <weir/call.hpp>
#include <weir/component.hpp>
#include <weir/config.hpp>
#include <weir/error.hpp>
#include <weir/host.hpp>
#include <weir/http.hpp>
#include <weir/plugin.hpp>
#include <weir/record.hpp>
#include <weir/services.hpp>
#include <weir/sink.hpp>
#include <weir/source.hpp>
#include <weir/transform.hpp>
