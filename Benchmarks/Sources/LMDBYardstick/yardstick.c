#include "yardstick.h"

#include <endian.h>
#include <lmdb.h>
#include <stdlib.h>

struct yardstick {
    MDB_env *environment;
    MDB_dbi database;
    uint64_t next;
};

yardstick *yardstick_open(const char *path, int *error) {
    yardstick *self = calloc(1, sizeof *self);
    MDB_txn *transaction = NULL;
    int status = mdb_env_create(&self->environment);
    if (!status) status = mdb_env_set_mapsize(self->environment, (size_t)1 << 40);
    if (!status) status = mdb_env_set_maxdbs(self->environment, 2);
    if (!status) status = mdb_env_open(self->environment, path, MDB_NOTLS, 0600);
    if (!status) status = mdb_txn_begin(self->environment, NULL, 0, &transaction);
    if (!status) status = mdb_dbi_open(transaction, "events", MDB_CREATE, &self->database);
    if (!status) status = mdb_txn_commit(transaction);
    *error = status;
    if (!status) return self;
    yardstick_close(self);
    return NULL;
}

void yardstick_close(yardstick *self) {
    if (self->environment) mdb_env_close(self->environment);
    free(self);
}

int yardstick_append(yardstick *self, const void *record, size_t size, uint64_t count) {
    MDB_txn *transaction;
    int status = mdb_txn_begin(self->environment, NULL, 0, &transaction);
    if (status) return status;
    for (uint64_t index = 0; index < count; index++) {
        uint64_t position = htobe64(self->next + index);
        MDB_val key = {sizeof position, &position};
        MDB_val value = {size, (void *)record};
        status = mdb_put(transaction, self->database, &key, &value, MDB_APPEND);
        if (status) {
            mdb_txn_abort(transaction);
            return status;
        }
    }
    status = mdb_txn_commit(transaction);
    if (!status) self->next += count;
    return status;
}
