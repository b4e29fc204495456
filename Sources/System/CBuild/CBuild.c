#include "CBuild.h"

#ifdef __linux__
#include <sys/prctl.h>
#endif

const char *ingestor_build(void) { return INGESTOR_BUILD; }

int ingestor_set_dumpable(int is_dumpable) {
#ifdef __linux__
    return prctl(PR_SET_DUMPABLE, is_dumpable, 0, 0, 0);
#else
    (void)is_dumpable;
    return 0;
#endif
}
