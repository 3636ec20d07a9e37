using DirectorySync.Identity.V1;

namespace DirectorySync.EndToEnd.Tests.Chaos;

/// <summary>What the identity provider knows of a directory: every request was repeated until it was answered, so nothing is in doubt.</summary>
internal sealed class ChaosModel(DirectoryPolicies policies)
{
    public const string Manager = "Manager";

    private bool Retains => policies.InactiveUsers == InactiveUsers.Retained;

    private bool Keeps => policies.InactiveMemberships == InactiveMemberships.Kept;

    public Dictionary<string, ChaosUser> Users { get; } = [];

    public Dictionary<string, ChaosGroup> Groups { get; } = [];

    /// <summary>The group whose members are operators.</summary>
    public string Operators { get; set; } = "";

    /// <summary>What SCIM has to answer, one line for each resource.</summary>
    public IReadOnlyList<string> Scim =>
    [
        .. Users.Select(user => $"{user.Key} {user.Value.UserName} {user.Value.Email} {user.Value.Title} {user.Value.Active}")
            .Concat(Groups.Select(group => $"{group.Key} {group.Value.Name}: {string.Join(' ', group.Value.Members.Order())}")).Order(),
    ];

    /// <summary>What an application has to know, by what the directory's policies show it.</summary>
    public IReadOnlyList<string> Application
    {
        get
        {
            var users = Users.Where(user => user.Value.Active || Retains).ToList();
            var edges = Groups.SelectMany(group => group.Value.Members
                .Where(member => Users[member].Active || (Retains && Keeps)).Select(member => $"{group.Key}/{member}"));
            return
            [
                .. users.Select(user => ChaosUser.Line(
                    user.Key, user.Value.UserName, user.Value.Email, user.Value.Title, user.Value.Active ? "active" : "inactive", RoleOf(user.Key))),
                .. Groups.Select(group => $"{group.Key} {group.Value.Name}"), .. edges,
            ];
        }
    }

    private string RoleOf(string id) =>
        !Users[id].Active ? "" : Groups[Operators].Members.Contains(id) ? "operator" : Users[id].Title == Manager ? "manager" : "member";
}

/// <summary>A user as it was last sent.</summary>
internal sealed class ChaosUser(string userName)
{
    public string UserName { get; } = userName;

    public string Email { get; set; } = userName;

    public string Title { get; set; } = "";

    public bool Active { get; set; } = true;

    public static string Line(string id, string? userName, string? email, string? title, string? state, string? role) =>
        $"{id} {userName} {email} {title} {state} {role}";
}

/// <summary>A group as it was last sent.</summary>
internal sealed class ChaosGroup
{
    public required string Name { get; set; }

    public HashSet<string> Members { get; } = [];
}
