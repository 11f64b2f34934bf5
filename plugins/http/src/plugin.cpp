// The plugin `http`: events in and records out over HTTP.
#include <weir/plugin.hpp>

#include "sink.hpp"
#include "source.hpp"

WEIR_COMPONENT(source, http_plugin::HttpSource, WEIR_TRAIT_STABLE_IDS, WEIR_THREADS_CONCURRENT)
WEIR_COMPONENT(sink, http_plugin::HttpSink, WEIR_TRAIT_BLOCKING)
WEIR_PLUGIN(&source, &sink)
