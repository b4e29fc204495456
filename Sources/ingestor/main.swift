import Glibc

// A reader of our output that goes away is an error to be told of, not a signal to die from.
signal(SIGPIPE, SIG_IGN)

// Providers, the disk and the sockets block; the cooperative pool has a thread a core, which is too few for that.
let pool = ThreadPoolExecutor()
let status = await withTaskExecutorPreference(pool) {
    await Program(environment: ThisProcess.environment()).run(RawArgument.ofThisProcess())
}
exit(status.rawValue)
