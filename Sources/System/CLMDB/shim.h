#pragma once
#include <lmdb.h>

#ifdef __linux__
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

// Gives two directories each other's names at once: renameat2 with RENAME_EXCHANGE, which Swift's Glibc does not show.
static inline int shim_exchange_names(const char *first, const char *second) {
    return (int)syscall(SYS_renameat2, AT_FDCWD, first, AT_FDCWD, second, 1u << 1);
}
#else
#include <stdio.h>

static inline int shim_exchange_names(const char *first, const char *second) {
    return renamex_np(first, second, RENAME_SWAP);
}
#endif
