#pragma once
#include <lmdb.h>

// Gives two directories each other's names at once. Declared here, since the system's headers show it with extensions alone, and
// their types would count as this module's if they were included.
#ifdef __linux__
extern int renameat2(int old_directory, const char *old_name, int new_directory, const char *new_name, unsigned int flags);

static inline int shim_exchange_names(const char *first, const char *second) {
    // AT_FDCWD and RENAME_EXCHANGE.
    return renameat2(-100, first, -100, second, 1u << 1);
}
#else
extern int renamex_np(const char *old_name, const char *new_name, unsigned int flags);

static inline int shim_exchange_names(const char *first, const char *second) {
    // RENAME_SWAP.
    return renamex_np(first, second, 2u);
}
#endif
