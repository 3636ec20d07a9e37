using System.Text.Json;
using DirectorySync.Roles.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>Roles, rules and what follows from them, as JSON.</summary>
internal static class RoleJson
{
    public static readonly (string Name, RoleMode Value)[] Modes = [("priority", RoleMode.Priority), ("union", RoleMode.Union)];

    private static readonly (string Name, AttributeOperator Value)[] Operators =
        [("equals", AttributeOperator.Equals), ("contains", AttributeOperator.Contains)];

    private static readonly string[] Conditions = ["group_id", "group_name", "attribute", "scim_role"];

    private static readonly string[] Comparison = ["operator", "value"];

    public static void Write(Utf8JsonWriter json, Role role)
    {
        json.WriteStartObject();
        json.WriteString("object", "role");
        json.WriteString("slug", role.Slug);
        json.WriteString("name", role.Name);
        json.WriteText("description", role.Description);
        json.WriteNumber("priority", role.Priority);
        json.WriteBoolean("protected", role.Protected);
        json.WriteBoolean("assignable", role.Assignable);
        json.WriteBoolean("entitlement", role.Entitlement);
        json.WriteNumber("version", role.Version);
        json.WriteTime("created_at", role.CreateTime);
        json.WriteTime("updated_at", role.UpdateTime);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, RoleRules rules, RoleRecomputation recomputation)
    {
        json.WriteStartObject();
        json.WriteString("object", "role_rules");
        json.WriteString("directory_id", rules.DirectoryId);
        WriteRules(json, rules);
        json.WriteNumber("version", rules.Version);
        json.WriteTime("updated_at", rules.UpdateTime);
        json.WriteStartObject("recomputation");
        json.WriteString("state", NameOf(recomputation.State));
        json.WriteNumber("done", recomputation.Done);
        json.WriteNumber("total", recomputation.Total);
        json.WriteNumber("changed", recomputation.Changed);
        json.WriteNumber("rate", recomputation.Rate);
        json.WriteNumber("rules_version", recomputation.RulesVersion);
        json.WriteTime("started_at", recomputation.StartTime);
        json.WriteTime("finished_at", recomputation.FinishTime);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Writes mode, default_role and rules.</summary>
    public static void WriteRules(Utf8JsonWriter json, RoleRules rules)
    {
        json.WriteString("mode", NameOf(Modes, rules.Mode));
        json.WriteText("default_role", rules.DefaultRole);
        json.WriteStartArray("rules");
        foreach (var rule in rules.Rules)
        {
            Write(json, rule);
        }

        json.WriteEndArray();
    }

    /// <summary>Reads mode, default_role and rules.</summary>
    public static RoleRules Read(RestBody body, string directoryId) => new()
    {
        DirectoryId = directoryId,
        Mode = body.FindChoice("mode", Modes) ?? default,
        DefaultRole = body.FindText("default_role", nullable: true) ?? "",
        Rules = { (body.FindObjects("rules", ["role", .. Conditions, .. Comparison]) ?? []).Select(ReadRule) },
    };

    public static void Write(Utf8JsonWriter json, PreviewRoleRulesResponse preview)
    {
        json.WriteStartObject();
        json.WriteString("object", "role_rules_preview");
        json.WriteNumber("user_count", preview.UserCount);
        json.WriteNumber("changed_count", preview.ChangedCount);
        json.WriteStartArray("roles");
        foreach (var difference in preview.Differences)
        {
            json.WriteStartObject();
            json.WriteString("role", difference.Role);
            json.WriteNumber("gained_count", difference.GainedCount);
            json.WriteNumber("lost_count", difference.LostCount);
            json.WriteBoolean("guarded", difference.Guarded);
            Write(json, "gained", difference.Gained);
            Write(json, "lost", difference.Lost);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, GetUserRolesExplanationResponse explanation)
    {
        var user = explanation.UserRoles;
        json.WriteStartObject();
        json.WriteString("object", "user_roles");
        json.WriteString("directory_id", user.DirectoryId);
        json.WriteString("user_id", user.UserId);
        json.WriteString("state", user.Active ? "active" : "inactive");
        WriteRoles(json, user);
        json.WriteString("summary", explanation.Summary);
        json.WriteStartArray("reasons");
        foreach (var reason in explanation.Reasons)
        {
            json.WriteStartObject();
            json.WriteString("role", reason.Role);
            json.WriteString("source", NameOf(reason.Source));
            json.WriteString("outcome", NameOf(reason.Outcome));
            json.WriteText("group_id", reason.GroupId);
            json.WriteText("group_name", reason.GroupName);
            json.WriteString("message", reason.Text);
            if (reason.Rule is not null)
            {
                json.WritePropertyName("rule");
                Write(json, reason.Rule);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("pending", explanation.Pending);
        json.WriteNumber("user_version", user.UserVersion);
        json.WriteTime("updated_at", user.UpdateTime);
        json.WriteEndObject();
    }

    public static void Write(Utf8JsonWriter json, UserRoles user)
    {
        json.WriteStartObject();
        json.WriteString("object", "user_roles");
        json.WriteString("directory_id", user.DirectoryId);
        json.WriteString("user_id", user.UserId);
        json.WriteString("state", user.Active ? "active" : "inactive");
        WriteRoles(json, user);
        json.WriteNumber("user_version", user.UserVersion);
        json.WriteTime("updated_at", user.UpdateTime);
        json.WriteEndObject();
    }

    private static void WriteRoles(Utf8JsonWriter json, UserRoles user)
    {
        json.WriteStartArray("roles");
        foreach (var role in user.Roles)
        {
            json.WriteStartObject();
            json.WriteString("slug", role.Slug);
            json.WriteBoolean("kept", role.Kept);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, RoleRule rule)
    {
        json.WriteStartObject();
        json.WriteString("role", rule.Role);
        switch (rule.ConditionCase)
        {
            case RoleRule.ConditionOneofCase.GroupId:
                json.WriteString("group_id", rule.GroupId);
                break;
            case RoleRule.ConditionOneofCase.GroupName:
                json.WriteString("group_name", rule.GroupName);
                break;
            case RoleRule.ConditionOneofCase.ScimRole:
                json.WriteString("scim_role", rule.ScimRole);
                break;
            case RoleRule.ConditionOneofCase.Attribute:
                json.WriteString("attribute", rule.Attribute.Attribute);
                json.WriteString("operator", NameOf(Operators, rule.Attribute.Operator));
                json.WriteString("value", rule.Attribute.Value);
                break;
        }

        json.WriteEndObject();
    }

    private static RoleRule ReadRule(RestBody body)
    {
        var rule = new RoleRule { Role = body.RequireText("role") };
        if (Conditions.Count(body.Has) != 1)
        {
            body.Refuse("role", "one_condition", $"needs exactly one condition beside it: one of {string.Join(", ", Conditions)}.");
        }

        if (body.FindText("group_id") is { } groupId)
        {
            rule.GroupId = groupId;
        }
        else if (body.FindText("group_name") is { } groupName)
        {
            rule.GroupName = groupName;
        }
        else if (body.FindText("scim_role") is { } scimRole)
        {
            rule.ScimRole = scimRole;
        }
        else if (body.FindText("attribute") is { } attribute)
        {
            rule.Attribute = new()
            {
                Attribute = attribute,
                Operator = body.FindChoice("operator", Operators) ?? AttributeOperator.Equals,
                Value = body.RequireText("value"),
            };
        }

        if (rule.Attribute is null)
        {
            foreach (var field in Comparison.Where(body.Has))
            {
                body.Refuse(field, "invalid_value", "belongs to a condition with an attribute.");
            }
        }

        return rule;
    }

    private static void Write(Utf8JsonWriter json, string name, IEnumerable<RoleExample> examples)
    {
        json.WriteStartArray(name);
        foreach (var example in examples)
        {
            json.WriteStartObject();
            json.WriteString("user_id", example.UserId);
            json.WriteText("username", example.UserName);
            WriteTexts(json, "before", example.Before);
            WriteTexts(json, "after", example.After);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteTexts(Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (var text in texts)
        {
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static string NameOf<T>((string Name, T Value)[] choices, T value) => choices.First(choice => Equals(choice.Value, value)).Name;

    private static string NameOf<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
