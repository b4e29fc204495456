#include "CBuild.h"

const char *ingestor_build(void) { return INGESTOR_BUILD; }
