using DirectorySync.AttributeMapping.V1;
using DirectorySync.Gateway.Calls;
using DirectorySync.Identity.V1;
using DirectorySync.Roles.V1;
using Directory = DirectorySync.Identity.V1.Directory;

namespace DirectorySync.Gateway.Rest;

/// <summary>
/// /directories/{id}/settings: policies, mapping and role rules as one document, to be kept, compared and carried to another directory or
/// installation. What is not given stays. A document that no service refuses is taken up part by part; sent again it changes nothing more.
/// </summary>
internal sealed class SettingsEndpoints(
    DirectoryService.DirectoryServiceClient directories,
    MappingService.MappingServiceClient mappings,
    RoleRulesService.RoleRulesServiceClient rules,
    DirectoryAccess access,
    ServiceCalls calls)
{
    public static readonly string[] Fields = ["object", "policies", "attribute_mapping", "role_rules"];

    // Every user is looked at.
    private static readonly TimeSpan PreviewTimeout = TimeSpan.FromSeconds(45);

    public async Task GetAsync(HttpContext http)
    {
        RestQuery.Of(http).Check();
        await AnswerAsync(http, await access.GetAsync(http));
    }

    public async Task ReplaceAsync(HttpContext http)
    {
        var directory = await access.GetAsync(http);
        var body = await RestBody.ReadAsync(http, optional: false, Fields);
        await AnswerAsync(http, await TakeUpAsync(http, directory, body));
    }

    /// <summary>The directory as it is then.</summary>
    public async Task<Directory> TakeUpAsync(HttpContext http, Directory directory, RestBody body)
    {
        var wanted = new Directory { Id = directory.Id, Policies = new() };
        List<string> mask = [];
        PolicyJson.Read(body, wanted.Policies, mask);
        var mapping = body.FindObject("attribute_mapping", "rules") is { } ofMapping ? MappingRuleJson.Read(ofMapping).ToList() : null;
        var roleRules = body.FindObject("role_rules", "mode", "default_role", "rules") is { } ofRoles ? RoleJson.Read(ofRoles, directory.Id) : null;
        body.Check();

        // Asked first, so that a part that is refused keeps the others from being taken up.
        if (mapping is not null)
        {
            var preview = new PreviewMappingRequest { DirectoryId = directory.Id, Rules = { mapping } };
            await calls.SendAsync(http, call => mappings.PreviewMappingAsync(preview, call).ResponseAsync, PreviewTimeout);
        }

        if (roleRules is not null)
        {
            var preview = new PreviewRoleRulesRequest { Rules = roleRules };
            await calls.SendAsync(http, call => rules.PreviewRoleRulesAsync(preview, call).ResponseAsync, PreviewTimeout);
        }

        if (mask.Count > 0)
        {
            var request = new UpdateDirectoryRequest { Directory = wanted, UpdateMask = { mask } };
            directory = (await calls.SendAsync(http, call => directories.UpdateDirectoryAsync(request, call).ResponseAsync)).Directory;
        }

        if (mapping is not null)
        {
            var request = new UpdateMappingRequest { DirectoryId = directory.Id, Rules = { mapping } };
            await calls.SendAsync(http, call => mappings.UpdateMappingAsync(request, call).ResponseAsync);
        }

        if (roleRules is not null)
        {
            var request = new UpdateRoleRulesRequest { Rules = roleRules };
            await calls.SendAsync(http, call => rules.UpdateRoleRulesAsync(request, call).ResponseAsync);
        }

        return directory;
    }

    private async Task AnswerAsync(HttpContext http, Directory directory)
    {
        var ofMapping = calls.SendAsync(http, call => mappings.GetMappingAsync(new() { DirectoryId = directory.Id }, call).ResponseAsync);
        var ofRoles = calls.SendAsync(http, call => rules.GetRoleRulesAsync(new() { DirectoryId = directory.Id }, call).ResponseAsync);
        await Task.WhenAll(ofMapping, ofRoles);
        var (mapping, roleRules) = ((await ofMapping).Mapping, (await ofRoles).Rules);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("object", "directory_settings");
            json.WritePropertyName("policies");
            PolicyJson.Write(json, directory);
            json.WriteStartObject("attribute_mapping");
            json.WriteStartArray("rules");
            foreach (var rule in mapping.Rules)
            {
                MappingRuleJson.Write(json, rule);
            }

            json.WriteEndArray();
            json.WriteEndObject();
            json.WriteStartObject("role_rules");
            RoleJson.WriteRules(json, roleRules);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }
}
