#ifndef INGESTOR_CBUILD_H
#define INGESTOR_CBUILD_H

/// What tools/package says of a build: `COMMIT:DATE:SWIFT`; empty elsewhere. It comes from the commit alone, so that two
/// builds of one commit are the same.
const char *ingestor_build(void);

/// prctl(2) with PR_SET_DUMPABLE, which takes its arguments as variadics: whether the system may write this process's memory
/// into a file, and others of its user may look into it. 0, or -1 with errno.
int ingestor_set_dumpable(int is_dumpable);

#endif
