import State

extension Output {
    /// How far building or opening a state has come.
    func progress(_ progress: StateProgress, _ purpose: String = "bringing the state up to date") {
        switch progress.phase {
        case .events: self.progress(progress.done, of: progress.total, "\(purpose):", .count("events"))
        case .tables: self.progress(progress.done, of: progress.total, "\(purpose):", .count("tables"))
        case .snapshot: self.progress("\(purpose): copying a snapshot")
        }
    }
}
