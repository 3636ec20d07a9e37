namespace DirectorySync.Roles;

/// <summary>What rules may be.</summary>
internal static class RuleChecks
{
    private const int MostRules = 1000;
    private const int Longest = 256;

    /// <summary>The rules in the form in which they are kept; throws INVALID_VALUE. Whether the roles exist is the store's to say.</summary>
    public static RoleRules Normalize(RoleRules wanted)
    {
        if (wanted.Rules.Count > MostRules)
        {
            throw Inputs.Invalid("rules", $"{wanted.Rules.Count}", $"A directory has at most {MostRules} rules.", "Name groups that hold more people.");
        }

        var rules = new RoleRules
        {
            DirectoryId = wanted.DirectoryId,
            Mode = wanted.Mode switch
            {
                RoleMode.Unspecified or RoleMode.Priority => RoleMode.Priority,
                RoleMode.Union => RoleMode.Union,
                _ => throw Inputs.Invalid("mode", $"{wanted.Mode}", "There is no such mode.", "Give priority or union."),
            },
            DefaultRole = Inputs.OptionalText("default_role", wanted.DefaultRole, 64),
        };
        for (var i = 0; i < wanted.Rules.Count; i++)
        {
            rules.Rules.Add(Normalize(wanted.Rules[i], $"rules[{i}]"));
        }

        var distinct = rules.Rules.Distinct().ToList();
        rules.Rules.Clear();
        rules.Rules.AddRange(distinct);
        return rules;
    }

    /// <summary>Slugs of the roles that the rules name.</summary>
    public static string[] RolesOf(RoleRules rules) =>
        [.. rules.Rules.Select(rule => rule.Role).Append(rules.DefaultRole).Where(slug => slug.Length > 0).Distinct().Order(StringComparer.Ordinal)];

    private static RoleRule Normalize(RoleRule wanted, string at)
    {
        var rule = new RoleRule { Role = Inputs.RequireText($"{at}.role", wanted.Role, 64) };
        switch (wanted.ConditionCase)
        {
            case RoleRule.ConditionOneofCase.GroupId:
                rule.GroupId = Inputs.RequireText($"{at}.group_id", wanted.GroupId, Longest);
                break;
            case RoleRule.ConditionOneofCase.GroupName:
                rule.GroupName = Inputs.RequireText($"{at}.group_name", wanted.GroupName, Longest);
                break;
            case RoleRule.ConditionOneofCase.ScimRole:
                rule.ScimRole = Inputs.RequireText($"{at}.scim_role", wanted.ScimRole, Longest);
                break;
            case RoleRule.ConditionOneofCase.Attribute:
                rule.Attribute = new()
                {
                    Attribute = Inputs.RequireText($"{at}.attribute", wanted.Attribute.Attribute, Longest),
                    Operator = wanted.Attribute.Operator switch
                    {
                        AttributeOperator.Unspecified or AttributeOperator.Equals => AttributeOperator.Equals,
                        AttributeOperator.Contains => AttributeOperator.Contains,
                        _ => throw Inputs.Invalid(
                            $"{at}.operator", $"{wanted.Attribute.Operator}", "There is no such operator.", "Give equals or contains."),
                    },
                    Value = Inputs.RequireText($"{at}.value", wanted.Attribute.Value, Longest),
                };
                break;
            default:
                throw Inputs.Invalid(at, "", "The rule has no condition.", "Give one of group_id, group_name, attribute, scim_role.");
        }

        return rule;
    }
}
