#ifndef INGESTOR_CBUILD_H
#define INGESTOR_CBUILD_H

/// What tools/package says of a build: `COMMIT:DATE:SWIFT`; empty elsewhere. It comes from the commit alone, so that two
/// builds of one commit are the same.
const char *ingestor_build(void);

#endif
