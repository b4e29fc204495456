#pragma once
#include <stddef.h>
#include <stdint.h>

/// An open LMDB environment with one database, synced on each commit: what durable appending costs at the least.
typedef struct yardstick yardstick;

/// Opens, or makes, the environment in the directory `path`. NULL where LMDB refuses; `error` then is its status.
yardstick *yardstick_open(const char *path, int *error);

void yardstick_close(yardstick *yardstick);

/// Appends `count` records of `size` bytes at the next positions, in one transaction.
///
/// Returns LMDB's status, 0 for success.
int yardstick_append(yardstick *yardstick, const void *record, size_t size, uint64_t count);
