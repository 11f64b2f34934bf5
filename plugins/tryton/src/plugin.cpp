// The plugin `tryton`: customers, invoices and journal entries into a Tryton database.
#include <weir/plugin.hpp>

#include "sink.hpp"

WEIR_COMPONENT(sink, tryton::TrytonSink, WEIR_TRAIT_BLOCKING)
WEIR_PLUGIN(&sink)
