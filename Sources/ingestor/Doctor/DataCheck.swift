import EventLog
import Glibc
import State
import Vault

/// What lies in the data directory, and who may touch it.
struct DataCheck {
    let data: DataDirectory
    let settings: Settings?

    func findings() -> [Finding] {
        var findings: [Finding] = []
        do {
            try data.check()
        } catch {
            let message = CommandError(error).message
            let parts = message.split(separator: ": ", maxSplits: 1).map(String.init)
            return [.wrong(.data, parts.first ?? message, advice: parts.count > 1 ? parts[1] : "see the message")]
        }
        findings.append(.ok(.data, "\(data.path) is a data directory of format \"\(DataDirectory.format)\""))
        findings += ownership()
        findings.append(writer())
        findings.append(masterKey())
        findings.append(log())
        return findings
    }

    private func ownership() -> [Finding] {
        var findings: [Finding] = []
        for (path, mode) in [(data.path, mode_t(0o700)), (data.keys, 0o700), (data.masterKey, 0o600)] {
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            if status.st_uid != geteuid() {
                findings.append(
                    .wrong(
                        .data, "\(path) belongs to user \(status.st_uid), and this is user \(geteuid())",
                        advice: "run as that user (`sudo -u ingestor ingestor …`), or change the owner"))
            } else if status.st_mode & 0o077 != 0 {
                findings.append(
                    .warning(
                        .data, "others than its owner may open \(path)",
                        advice: "chmod \(String(mode, radix: 8)) \(path)"))
            }
        }
        return findings.isEmpty ? [.ok(.data, "it belongs to this user alone")] : findings
    }

    private func writer() -> Finding {
        do {
            let file = try FileDescriptor(open: data.lockFile, O_RDONLY)
            guard flock(file.rawValue, LOCK_SH | LOCK_NB) != 0 else { return .ok(.data, "nobody writes to it now") }
            let holder = WriterLock.holder(data)
            guard access("\(data.path)/\(data.socketName)", F_OK) == 0 else {
                return .warning(
                    .data, "\(holder) writes to it and takes no commands",
                    advice: "it is starting or ending: commands that write wait for it")
            }
            return .ok(.data, "\(holder) writes to it, and takes commands")
        } catch  where error.code == ENOENT {
            return .ok(.data, "nobody has written to it yet")
        } catch {
            return .wrong(.data, "\(error)", advice: "run as the user that the data directory belongs to")
        }
    }

    private func masterKey() -> Finding {
        do {
            let given = settings?.masterKey
            if let reason = try data.missingMasterKey(given: given) {
                return .wrong(
                    .data, reason, advice: "put it back from where it was kept, or set INGESTOR_MASTER_KEY_FILE")
            }
            let key = try given ?? MasterKey.load(data.masterKey)
            // Both are made when somebody first gives a secret.
            guard try FileSystem.kind(data.credentials) != .missing || FileSystem.kind(data.tenantKeys) != .missing
            else {
                return .ok(.data, "the master key can be read; nothing is sealed with it yet")
            }
            try Vault(directory: data.credentials, tenants: data.tenantKeys, masterKey: key, isReadOnly: true)
                .checkKey()
            return .ok(.data, "the master key opens all that is sealed")
        } catch {
            return .wrong(
                .data, "the master key does not open what is sealed: \(CommandError(error).message)",
                advice: "set the key with which the data directory was made; it is not in a backup unless asked for")
        }
    }

    private func log() -> Finding {
        do {
            let count = try EventLog.open(directory: data.log, mode: .reader).count
            return .ok(.data, "the log has \(Units.count(Int(count), "event"))")
        } catch {
            return .wrong(
                .data, "the log cannot be opened: \(CommandError(error).message)",
                advice: "run `ingestor verify --log`, and restore a backup where it is damaged")
        }
    }
}
