#if FUZZABLE
    extension FuzzTarget {
        /// Those of the engine; the program's own stand where its code can be reached.
        public static let engine = git + texts + stores
    }
#endif
