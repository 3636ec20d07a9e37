using DirectorySync.Gateway.Calls;
using DirectorySync.Gateway.Rest;
using DirectorySync.Roles.V1;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Console.Rules;

/// <summary>A rule as a row of the form.</summary>
/// <param name="Role">Slug; empty: the row is none.</param>
/// <param name="Kind">Of <see cref="RoleRuleForms.Kinds"/>.</param>
/// <param name="Attribute">For conditions on attributes.</param>
/// <param name="Value">What with.</param>
internal sealed record RuleRow(string Role, string Kind, string Attribute, string Value);

/// <summary>What the form of a directory's role rules does: preview, and save.</summary>
internal sealed class RoleRuleForms(
    RoleRulesService.RoleRulesServiceClient rules, DirectoryAccess access, ServiceCalls calls, IOptions<GatewayOptions> options)
{
    public static readonly (string Kind, string Word)[] Kinds =
    [
        ("group_name", "members of the group named"), ("group_id", "members of the group with the id"),
        ("attribute_equals", "whose attribute is"), ("attribute_contains", "whose attribute contains"), ("scim_role", "with the SCIM role"),
    ];

    public static RuleRow Row(RoleRule rule) => rule.ConditionCase switch
    {
        RoleRule.ConditionOneofCase.GroupId => new(rule.Role, "group_id", "", rule.GroupId),
        RoleRule.ConditionOneofCase.Attribute => new(
            rule.Role, rule.Attribute.Operator == AttributeOperator.Contains ? "attribute_contains" : "attribute_equals", rule.Attribute.Attribute, rule.Attribute.Value),
        RoleRule.ConditionOneofCase.ScimRole => new(rule.Role, "scim_role", "", rule.ScimRole),
        _ => new(rule.Role, "group_name", "", rule.GroupName),
    };

    public static IEnumerable<RuleRow> Rows(Form form)
    {
        var (roles, kinds, attributes, values) = (form.Texts("role"), form.Texts("kind"), form.Texts("attribute"), form.Texts("value"));
        for (var i = 0; i < roles.Count && i < kinds.Count && i < attributes.Count && i < values.Count; i++)
        {
            yield return new(roles[i]!.Trim(), kinds[i]!, attributes[i]!.Trim(), values[i]!.Trim());
        }
    }

    public async Task<IResult> PreviewAsync(HttpContext http, Form form)
    {
        var request = new PreviewRoleRulesRequest { Rules = Read(form, (await access.GetAsync(http)).Id) };
        form.Check();
        var preview = await calls.SendAsync(http, call => rules.PreviewRoleRulesAsync(request, call).ResponseAsync, options.Value.GroupCallTimeout);
        Visit.Of(http).Form = form;
        return new RazorComponentResult<RoleRulesPage>(new { Preview = preview });
    }

    public async Task<IResult> SaveAsync(HttpContext http, Form form)
    {
        var id = (await access.GetAsync(http)).Id;
        var request = new UpdateRoleRulesRequest { Rules = Read(form, id), ExpectedVersion = form.Number("version", "The version", 0, int.MaxValue) };
        form.Check();
        await calls.SendAsync(http, call => rules.UpdateRoleRulesAsync(request, call).ResponseAsync);
        return Pages.See($"{Pages.Console}/directories/{id}/role-rules", "saved");
    }

    private static RoleRules Read(Form form, string id) => new()
    {
        DirectoryId = id,
        Mode = form.Choice<RoleMode>("mode", "several roles"),
        DefaultRole = form.Text("default_role"),
        Rules = { Rows(form).Where(row => row.Role.Length > 0).Select((row, i) => Read(form, row, i + 1)) },
    };

    private static RoleRule Read(Form form, RuleRow row, int number)
    {
        if (row.Value.Length == 0)
        {
            form.Refuse("value", $"Rule {number} has no value. Fill it in, or choose “remove this rule”.");
        }

        return row.Kind switch
        {
            "group_id" => new() { Role = row.Role, GroupId = row.Value },
            "attribute_equals" => OfAttribute(AttributeOperator.Equals),
            "attribute_contains" => OfAttribute(AttributeOperator.Contains),
            "scim_role" => new() { Role = row.Role, ScimRole = row.Value },
            _ => new() { Role = row.Role, GroupName = row.Value },
        };

        RoleRule OfAttribute(AttributeOperator comparison)
        {
            if (row.Attribute.Length == 0)
            {
                form.Refuse("attribute", $"Rule {number} names no attribute.");
            }

            return new() { Role = row.Role, Attribute = new() { Attribute = row.Attribute, Operator = comparison, Value = row.Value } };
        }
    }
}
