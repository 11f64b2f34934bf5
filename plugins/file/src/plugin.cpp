#include "file_sink.hpp"
#include "file_source.hpp"

#include <weir/plugin.hpp>

WEIR_COMPONENT(source, weir::file::FileSource, WEIR_TRAIT_REPLAYABLE | WEIR_TRAIT_STABLE_IDS | WEIR_TRAIT_BLOCKING)
WEIR_COMPONENT(sink, weir::file::FileSink, WEIR_TRAIT_BLOCKING | WEIR_TRAIT_ATOMIC_BATCH)
WEIR_PLUGIN(&source, &sink)
