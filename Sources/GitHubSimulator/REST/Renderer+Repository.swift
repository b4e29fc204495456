extension Renderer {
    /// Where a repository is told of: its times and a few members differ.
    enum RepositoryForm {
        /// By REST, to someone with these permissions.
        case answer(permissions: JSONValue?)
        /// In lists of an installation's repositories.
        case listed
        /// In payloads.
        case payload
        /// In the payload of a push, whose times are seconds.
        case push
    }

    private static let addresses: [(key: String, path: String)] = [
        ("forks_url", "/forks"), ("keys_url", "/keys{/key_id}"), ("collaborators_url", "/collaborators{/collaborator}"),
        ("teams_url", "/teams"), ("hooks_url", "/hooks"), ("issue_events_url", "/issues/events{/number}"),
        ("events_url", "/events"), ("assignees_url", "/assignees{/user}"), ("branches_url", "/branches{/branch}"),
        ("tags_url", "/tags"), ("blobs_url", "/git/blobs{/sha}"), ("git_tags_url", "/git/tags{/sha}"),
        ("git_refs_url", "/git/refs{/sha}"), ("trees_url", "/git/trees{/sha}"), ("statuses_url", "/statuses/{sha}"),
        ("languages_url", "/languages"), ("stargazers_url", "/stargazers"), ("contributors_url", "/contributors"),
        ("subscribers_url", "/subscribers"), ("subscription_url", "/subscription"), ("commits_url", "/commits{/sha}"),
        ("git_commits_url", "/git/commits{/sha}"), ("comments_url", "/comments{/number}"),
        ("issue_comment_url", "/issues/comments{/number}"), ("contents_url", "/contents/{+path}"),
        ("compare_url", "/compare/{base}...{head}"), ("merges_url", "/merges"),
        ("archive_url", "/{archive_format}{/ref}"), ("downloads_url", "/downloads"),
        ("issues_url", "/issues{/number}"), ("pulls_url", "/pulls{/number}"),
        ("milestones_url", "/milestones{/number}"),
        ("notifications_url", "/notifications{?since,all,participating}"), ("labels_url", "/labels{/name}"),
        ("releases_url", "/releases{/id}"), ("deployments_url", "/deployments"),
    ]

    func repository(_ info: RepositoryInfo, as form: RepositoryForm) -> JSONValue {
        var isPush = false
        if case .push = form { isPush = true }
        let (address, page) = ("\(apiURL)/repos/\(info.fullName)", "\(webURL)/\(info.fullName)")
        var owner = account(info.owner)
        if isPush {
            owner = .object(
                [("name", .string(info.owner.login)), ("email", .string(Self.email(info.owner)))]
            ).adding(owner.members)
        }
        func time(_ seconds: Int64, asNumber: Bool = isPush) -> JSONValue {
            asNumber ? .integer(seconds) : .string(Timestamps.iso(seconds))
        }
        var members: [(key: String, value: JSONValue)] = [
            ("id", .integer(info.id)), ("node_id", Self.nodeID("Repository", info.id)), ("name", .string(info.name)),
            ("full_name", .string(info.fullName)), ("private", .bool(info.isPrivate)), ("owner", owner),
            ("html_url", .string(page)), ("description", JSONValue(info.description)), ("fork", false),
            ("url", .string(isPush ? page : address)),
        ]
        members += Self.addresses.map { (key: $0.key, value: .string(address + $0.path)) }
        members += [
            ("created_at", time(info.createdAtSeconds)), ("updated_at", time(info.updatedAtSeconds, asNumber: false)),
            ("pushed_at", time(info.pushedAtSeconds)),
            ("git_url", .string("\(page).git".replacing("http://", with: "git://"))),
            ("ssh_url", "git@\(webURL.dropFirst(7).prefix { $0 != ":" }):\(info.fullName).git"),
            ("clone_url", "\(page).git"), ("svn_url", .string(page)), ("homepage", nil), ("size", 0),
            ("stargazers_count", 0), ("watchers_count", 0), ("language", nil), ("has_issues", true),
            ("has_projects", true), ("has_downloads", true), ("has_wiki", true), ("has_pages", false),
            ("forks_count", 0), ("mirror_url", nil), ("archived", .bool(info.isArchived)), ("disabled", false),
            ("open_issues_count", 0), ("license", nil), ("forks", 0), ("open_issues", 0), ("watchers", 0),
            ("default_branch", .string(info.defaultBranch)), ("is_template", false), ("topics", []),
            ("visibility", .string(info.isPrivate ? "private" : "public")), ("web_commit_signoff_required", false),
            ("custom_properties", [:]),
        ]
        switch form {
        case .payload: break
        case .push: members += [("stargazers", 0), ("master_branch", .string(info.defaultBranch))]
        case .listed: members += [("has_discussions", false), ("allow_forking", true)]
        case .answer(let permissions):
            members += [("has_discussions", false), ("allow_forking", true)]
            if let permissions { members.append(("permissions", permissions)) }
            if info.owner.isOrganization { members.append(("organization", account(info.owner))) }
            members += [("network_count", 0), ("subscribers_count", 0)]
        }
        return .object(members)
    }

    /// The few members by which installation payloads name a repository.
    func repositoryName(_ info: RepositoryInfo) -> JSONValue {
        [
            "id": .integer(info.id), "node_id": Self.nodeID("Repository", info.id), "name": .string(info.name),
            "full_name": .string(info.fullName), "private": .bool(info.isPrivate),
        ]
    }
}

extension JSONValue {
    /// An object's members; none where it is no object.
    var members: [(key: String, value: JSONValue)] {
        if case .object(let members) = self { members } else { [] }
    }
}
