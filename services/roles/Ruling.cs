namespace DirectorySync.Roles;

/// <summary>A role that something gives to a user.</summary>
/// <param name="Role">Its slug.</param>
/// <param name="Source">What gives it.</param>
/// <param name="Rule">The rule, if it is one.</param>
/// <param name="GroupId">The group that matched, if one did.</param>
/// <param name="IsWithheld">The role is protected, and the membership is carried over from before a deactivation: it does not count.</param>
internal sealed record Grant(string Role, RoleSource Source, RoleRule? Rule = null, string GroupId = "", bool IsWithheld = false);

/// <summary>A directory's rules, ready to be applied to many users. Decides; writes nothing and asks nobody.</summary>
internal sealed class Ruling
{
    private readonly RoleRules rules;
    private readonly IReadOnlyDictionary<string, Role> roles;
    private readonly ILookup<string, RoleRule> byGroup;
    private readonly RoleRule[] others;

    /// <param name="rules">The directory's.</param>
    /// <param name="roles">All of the environment, by slug.</param>
    /// <param name="groupsByName">The ids of the directory's groups by <see cref="NameKey"/>, at least of those that rules name.</param>
    public Ruling(RoleRules rules, IReadOnlyDictionary<string, Role> roles, ILookup<string, string> groupsByName)
    {
        this.rules = rules;
        this.roles = roles;
        byGroup = rules.Rules
            .SelectMany(rule => rule.ConditionCase switch
            {
                RoleRule.ConditionOneofCase.GroupId => [(rule.GroupId, rule)],
                RoleRule.ConditionOneofCase.GroupName => groupsByName[NameKey(rule.GroupName)].Select(id => (id, rule)),
                _ => Enumerable.Empty<(string, RoleRule)>(),
            })
            .ToLookup(pair => pair.Item1, pair => pair.Item2);
        others = [.. rules.Rules.Where(rule =>
            rule.ConditionCase is RoleRule.ConditionOneofCase.Attribute or RoleRule.ConditionOneofCase.ScimRole)];
    }

    /// <summary>Ids of the groups that matter.</summary>
    public IEnumerable<string> GroupIds => byGroup.Select(group => group.Key);

    public RoleMode Mode => rules.Mode;

    public string DefaultRole => rules.DefaultRole;

    /// <summary>Names of groups are compared by this.</summary>
    public static string NameKey(string name) => name.ToLowerInvariant();

    /// <summary>The roles in effect, highest priority first.</summary>
    public IReadOnlyList<string> Decide(UserFacts user)
    {
        if (!user.Active)
        {
            return [];
        }

        var given = Order(GrantsOf(user).Where(grant => !grant.IsWithheld).Select(grant => grant.Role).Distinct());
        return given.Count == 0 && roles.ContainsKey(DefaultRole) ? [DefaultRole]
            : Mode == RoleMode.Union || given.Count == 0 ? given
            : [given[0]];
    }

    /// <summary>All that gives a role to the user, the default role and whether the user is active aside.</summary>
    public IEnumerable<Grant> GrantsOf(UserFacts user)
    {
        foreach (var groupId in user.GroupIds)
        {
            foreach (var rule in byGroup[groupId])
            {
                yield return new(
                    rule.Role, RoleSource.Rule, rule, groupId,
                    IsWithheld: user.IsCarriedOver(groupId) && roles.TryGetValue(rule.Role, out var role) && role.Protected);
            }
        }

        foreach (var rule in others)
        {
            if (Meets(user, rule))
            {
                yield return new(rule.Role, RoleSource.Rule, rule);
            }
        }

        foreach (var slug in user.ScimRoles.Where(slug => IsOffered(slug, asEntitlement: false))
            .Concat(user.ScimEntitlements.Where(slug => IsOffered(slug, asEntitlement: true))).Distinct())
        {
            yield return new(slug, RoleSource.Assigned);
        }
    }

    /// <summary>The same roles, highest priority first; those that do not exist are left out.</summary>
    public List<string> Order(IEnumerable<string> slugs) =>
        [.. slugs.Where(roles.ContainsKey).OrderByDescending(slug => roles[slug].Priority).ThenBy(slug => slug, StringComparer.Ordinal)];

    private bool IsOffered(string slug, bool asEntitlement) =>
        roles.TryGetValue(slug, out var role) && role.Assignable && role.Entitlement == asEntitlement;

    private static bool Meets(UserFacts user, RoleRule rule) => rule.ConditionCase switch
    {
        RoleRule.ConditionOneofCase.ScimRole =>
            user.ScimRoles.Any(value => value.Equals(rule.ScimRole, StringComparison.OrdinalIgnoreCase)),
        RoleRule.ConditionOneofCase.Attribute when rule.Attribute.Operator == AttributeOperator.Contains =>
            user.ValuesOf(rule.Attribute.Attribute).Any(v => v.Contains(rule.Attribute.Value, StringComparison.OrdinalIgnoreCase)),
        RoleRule.ConditionOneofCase.Attribute =>
            user.ValuesOf(rule.Attribute.Attribute).Any(v => v.Equals(rule.Attribute.Value, StringComparison.OrdinalIgnoreCase)),
        _ => false,
    };
}
