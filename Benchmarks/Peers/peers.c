// Appends records to PostgreSQL or SQLite in transactions of so many, each durable when it ends, and reads all of them back in order.
//
//   peers postgres CONNECTION BYTES BATCH SECONDS CALLERS
//   peers sqlite FILE BYTES BATCH SECONDS CALLERS
//
// So many callers append at a time, each a process with a connection of its own. Prints one line of JSON: records appended a
// second, records read a second. Each way is the fastest that the database's own C library has: a binary COPY in a transaction,
// and a prepared INSERT between BEGIN and COMMIT. Built by tools/bench.

#include <endian.h>
#include <libpq-fe.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static size_t record_bytes;
static long batch;
static double seconds;
static char *record;

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void fail(const char *what, const char *why) {
    fprintf(stderr, "peers: %s: %s\n", what, why);
    exit(1);
}

// What a caller has appended, and from when to when.
struct share {
    long count;
    double start, end;
};

// The first position of a caller: they never meet.
static uint64_t first_position(long caller) { return (uint64_t)caller << 40; }

// Lets so many callers append side by side.
static struct share append_all(const char *where, long callers, struct share (*append)(const char *, long)) {
    int ends[2];
    if (pipe(ends) != 0) fail("pipe", "there is none");
    for (long caller = 0; caller < callers; caller++) {
        pid_t child = fork();
        if (child < 0) fail("fork", "there is no process");
        if (child > 0) continue;
        struct share share = append(where, caller);
        _exit(write(ends[1], &share, sizeof share) == sizeof share ? 0 : 1);
    }
    struct share all = {0, 0, 0};
    for (long caller = 0; caller < callers; caller++) {
        int status;
        struct share share;
        if (wait(&status) < 0 || status != 0) fail("appending", "a caller failed");
        if (read(ends[0], &share, sizeof share) != sizeof share) fail("appending", "a caller says nothing");
        if (caller == 0 || share.start < all.start) all.start = share.start;
        if (share.end > all.end) all.end = share.end;
        all.count += share.count;
    }
    return all;
}

static void report(struct share all, long read, size_t bytes, double read_seconds) {
    if (read != all.count || bytes != (size_t)all.count * record_bytes) fail("reading", "not everything came back");
    printf("{\"appended\":%ld,\"eventsPerSecond\":%.0f,\"readEventsPerSecond\":%.0f}\n", all.count,
           (double)all.count / (all.end - all.start), (double)read / read_seconds);
}

// ---- PostgreSQL ----

static void run(PGconn *connection, const char *statement) {
    PGresult *result = PQexec(connection, statement);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail(statement, PQerrorMessage(connection));
    PQclear(result);
}

static void begin_copy(PGconn *connection, const char *statement, ExecStatusType expected) {
    PGresult *result = PQexec(connection, statement);
    if (PQresultStatus(result) != expected) fail(statement, PQerrorMessage(connection));
    PQclear(result);
}

static void end_copy(PGconn *connection) {
    for (PGresult *result; (result = PQgetResult(connection)); PQclear(result))
        if (PQresultStatus(result) != PGRES_COMMAND_OK) fail("COPY", PQerrorMessage(connection));
}

static char *put(char *end, const void *bytes, size_t count) {
    memcpy(end, bytes, count);
    return end + count;
}

static char *put16(char *end, uint16_t value) { value = htobe16(value); return put(end, &value, sizeof value); }
static char *put32(char *end, uint32_t value) { value = htobe32(value); return put(end, &value, sizeof value); }
static char *put64(char *end, uint64_t value) { value = htobe64(value); return put(end, &value, sizeof value); }

static const char copy_head[19] = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0";

static PGconn *connect_postgres(const char *where) {
    PGconn *connection = PQconnectdb(where);
    if (PQstatus(connection) != CONNECTION_OK) fail(where, PQerrorMessage(connection));
    return connection;
}

static struct share append_postgres(const char *where, long caller) {
    PGconn *connection = connect_postgres(where);
    char *buffer = malloc(sizeof copy_head + (size_t)batch * (record_bytes + 18) + 2);
    long count = 0;
    double start = now(), end;
    do {
        char *next = put(buffer, copy_head, sizeof copy_head);
        for (long index = 0; index < batch; index++) {
            next = put32(put16(next, 2), 8);
            next = put32(put64(next, first_position(caller) + (uint64_t)(count + index)), (uint32_t)record_bytes);
            next = put(next, record, record_bytes);
        }
        next = put16(next, 0xffff);
        begin_copy(connection, "COPY log FROM STDIN BINARY", PGRES_COPY_IN);
        if (PQputCopyData(connection, buffer, (int)(next - buffer)) != 1 || PQputCopyEnd(connection, NULL) != 1)
            fail("COPY", PQerrorMessage(connection));
        end_copy(connection);
        count += batch;
        end = now();
    } while (end - start < seconds);
    PQfinish(connection);
    return (struct share){count, start, end};
}

static void postgres(const char *where, long callers) {
    PGconn *connection = connect_postgres(where);
    run(connection, "DROP TABLE IF EXISTS log");
    run(connection, "CREATE TABLE log (position bigint PRIMARY KEY, record bytea NOT NULL)");
    run(connection, "ALTER TABLE log ALTER record SET STORAGE EXTERNAL");
    run(connection, "CHECKPOINT");
    // No connection may pass through a fork.
    PQfinish(connection);
    struct share all = append_all(where, callers, append_postgres);
    connection = connect_postgres(where);
    run(connection, "VACUUM ANALYZE log");
    double read_start = now();
    long read = 0;
    size_t bytes = 0;
    begin_copy(connection, "COPY (SELECT record FROM log ORDER BY position) TO STDOUT BINARY", PGRES_COPY_OUT);
    char *row;
    for (int length; (length = PQgetCopyData(connection, &row, 0)) > 0; PQfreemem(row)) {
        // The first row comes behind the head. A row is the number of its columns, the length of the one, and that; the end is -1.
        int rest = length - (read == 0 && length > (int)sizeof copy_head ? (int)sizeof copy_head : 0);
        if (rest <= 6) continue;
        read++;
        bytes += (size_t)rest - 6;
    }
    end_copy(connection);
    report(all, read, bytes, now() - read_start);
    PQfinish(connection);
}

// ---- SQLite ----

static void check(sqlite3 *database, int status, const char *what) {
    if (status != SQLITE_OK && status != SQLITE_DONE && status != SQLITE_ROW) fail(what, sqlite3_errmsg(database));
}

static sqlite3 *open_sqlite(const char *where) {
    sqlite3 *database;
    check(NULL, sqlite3_open(where, &database), where);
    // It lets one write at a time: the others wait.
    sqlite3_busy_timeout(database, 60000);
    const char *setup = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL";
    check(database, sqlite3_exec(database, setup, NULL, NULL, NULL), setup);
    return database;
}

static struct share append_sqlite(const char *where, long caller) {
    sqlite3 *database = open_sqlite(where);
    sqlite3_stmt *insert, *begin, *commit;
    check(database, sqlite3_prepare_v2(database, "INSERT INTO log VALUES (?, ?)", -1, &insert, NULL), "insert");
    check(database, sqlite3_prepare_v2(database, "BEGIN IMMEDIATE", -1, &begin, NULL), "begin");
    check(database, sqlite3_prepare_v2(database, "COMMIT", -1, &commit, NULL), "commit");
    long count = 0;
    double start = now(), end;
    do {
        check(database, sqlite3_step(begin), "begin");
        sqlite3_reset(begin);
        for (long index = 0; index < batch; index++) {
            sqlite3_bind_int64(insert, 1, (sqlite3_int64)first_position(caller) + count + index);
            sqlite3_bind_blob(insert, 2, record, (int)record_bytes, SQLITE_STATIC);
            check(database, sqlite3_step(insert), "insert");
            sqlite3_reset(insert);
        }
        check(database, sqlite3_step(commit), "commit");
        sqlite3_reset(commit);
        count += batch;
        end = now();
    } while (end - start < seconds);
    sqlite3_finalize(insert);
    sqlite3_finalize(begin);
    sqlite3_finalize(commit);
    sqlite3_close(database);
    return (struct share){count, start, end};
}

static void sqlite(const char *where, long callers) {
    sqlite3 *database = open_sqlite(where);
    const char *table = "CREATE TABLE log (position INTEGER PRIMARY KEY, record BLOB NOT NULL)";
    check(database, sqlite3_exec(database, table, NULL, NULL, NULL), table);
    // No connection may pass through a fork.
    sqlite3_close(database);
    struct share all = append_all(where, callers, append_sqlite);
    database = open_sqlite(where);
    sqlite3_stmt *select;
    double read_start = now();
    long read = 0;
    size_t bytes = 0;
    check(database, sqlite3_prepare_v2(database, "SELECT record FROM log ORDER BY position", -1, &select, NULL), "select");
    int status;
    while ((status = sqlite3_step(select)) == SQLITE_ROW) {
        read++;
        bytes += (size_t)sqlite3_column_bytes(select, 0);
        if (!sqlite3_column_blob(select, 0)) fail("reading", "a record is empty");
    }
    check(database, status, "select");
    report(all, read, bytes, now() - read_start);
    sqlite3_finalize(select);
    sqlite3_close(database);
}

int main(int count, char **arguments) {
    if (count != 7) {
        fprintf(stderr, "usage: peers postgres|sqlite WHERE BYTES BATCH SECONDS CALLERS\n");
        return 64;
    }
    record_bytes = strtoul(arguments[3], NULL, 10);
    batch = strtol(arguments[4], NULL, 10);
    seconds = strtod(arguments[5], NULL);
    record = malloc(record_bytes);
    // Bytes that are not compressed, like those of a sealed record.
    srand(1);
    for (size_t index = 0; index < record_bytes; index++) record[index] = (char)rand();
    long callers = strtol(arguments[6], NULL, 10);
    if (strcmp(arguments[1], "postgres") == 0) postgres(arguments[2], callers);
    else sqlite(arguments[2], callers);
    return 0;
}
