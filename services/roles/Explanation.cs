namespace DirectorySync.Roles;

/// <summary>Says in words why a user has the roles that it has.</summary>
internal static class Explanation
{
    /// <param name="ruling">The directory's rules.</param>
    /// <param name="user">What they look at.</param>
    /// <param name="kept">Roles that the guard keeps for the user.</param>
    /// <param name="groupNames">Names of the groups that matter, by id.</param>
    public static IReadOnlyList<RoleReason> Reasons(
        Ruling ruling, UserFacts user, IReadOnlyCollection<string> kept, IReadOnlyDictionary<string, string> groupNames)
    {
        var inEffect = ruling.Decide(user);
        var reasons = new List<RoleReason>();
        var grants = ruling.GrantsOf(user).ToLookup(grant => grant.Role);
        foreach (var slug in ruling.Order(grants.Select(given => given.Key)))
        {
            var outcome = !user.Active ? RoleOutcome.Inactive
                : inEffect.Contains(slug) ? RoleOutcome.InEffect
                : RoleOutcome.Outranked;
            reasons.AddRange(grants[slug].Select(grant => Reason(
                grant, grant.IsWithheld && user.Active ? RoleOutcome.CarriedOver : outcome, inEffect, groupNames)));
        }

        if (!user.Active)
        {
            return reasons;
        }

        reasons.AddRange(kept.Except(inEffect).Select(slug => new RoleReason
        {
            Role = slug,
            Source = RoleSource.Guard,
            Outcome = RoleOutcome.InEffect,
            Text = $"{slug}, kept by the guard, because nobody else in the organization has it",
        }));
        if (ruling.Order([ruling.DefaultRole]) is [var role])
        {
            // What is given otherwise may be the very same role.
            var used = reasons.TrueForAll(reason => reason.Source == RoleSource.Guard || reason.Outcome == RoleOutcome.CarriedOver);
            reasons.Add(new()
            {
                Role = role,
                Source = RoleSource.Default,
                Outcome = used ? RoleOutcome.InEffect : RoleOutcome.NotNeeded,
                Text = used ? $"{role}, the default role, because nothing gives another" : "default role not used",
            });
        }

        return [.. reasons.OrderBy(reason => reason.Outcome)];
    }

    /// <summary>The whole in a sentence.</summary>
    public static string Summary(bool active, IReadOnlyList<RoleReason> reasons) =>
        !active ? "no role, because the user is inactive"
        : reasons.Count == 0 ? "no role, because no rule applies and there is no default role"
        : string.Join("; ", reasons.Select(reason => reason.Text));

    private static RoleReason Reason(
        Grant grant, RoleOutcome outcome, IReadOnlyList<string> inEffect, IReadOnlyDictionary<string, string> groupNames)
    {
        var name = groupNames.GetValueOrDefault(grant.GroupId, "");
        var because = $"{grant.Role}, because {Because(grant, name.Length > 0 ? name : grant.GroupId)}";
        return new()
        {
            Role = grant.Role,
            Source = grant.Source,
            Outcome = outcome,
            Rule = grant.Rule,
            GroupId = grant.GroupId,
            GroupName = name,
            Text = outcome switch
            {
                RoleOutcome.Outranked => $"{because}, but {inEffect[0]} has a higher priority",
                RoleOutcome.Inactive => $"{because}, but the user is inactive",
                RoleOutcome.CarriedOver => $"{because}, but not before the membership, which is from before the user's deactivation, is pushed "
                    + "again or confirmed",
                _ => because,
            },
        };
    }

    private static string Because(Grant grant, string group) => (grant.Source, grant.Rule?.ConditionCase) switch
    {
        (RoleSource.Assigned, _) => "the identity provider assigns it",
        (_, RoleRule.ConditionOneofCase.ScimRole) => $"the identity provider sends the role \"{grant.Rule.ScimRole}\"",
        (_, RoleRule.ConditionOneofCase.Attribute) => string.Concat(
            grant.Rule.Attribute.Attribute,
            grant.Rule.Attribute.Operator == AttributeOperator.Contains ? " contains " : " is ",
            $"\"{grant.Rule.Attribute.Value}\""),
        _ => $"of group \"{group}\"",
    };
}
