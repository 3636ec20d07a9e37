using System.Text.Json;
using DirectorySync.AttributeMapping.V1;
using DirectorySync.Gateway.Calls;
using Google.Protobuf.WellKnownTypes;

namespace DirectorySync.Gateway.Rest;

/// <summary>/attribute_definitions: what the vendor's application reads of a person.</summary>
internal sealed class AttributeDefinitionEndpoints(DefinitionService.DefinitionServiceClient definitions, ServiceCalls calls)
{
    private static readonly (string Name, DefinitionType Value)[] Types =
    [
        ("string", DefinitionType.String), ("number", DefinitionType.Number), ("boolean", DefinitionType.Boolean),
        ("date", DefinitionType.Date), ("list", DefinitionType.List), ("object", DefinitionType.Object),
    ];

    public async Task ListAsync(HttpContext http)
    {
        RestQuery.Of(http).Check();
        var answer = await calls.SendAsync(http, call => definitions.ListDefinitionsAsync(new(), call).ResponseAsync);
        await RestResponse.WriteListAsync(http, answer.Definitions, Write);
    }

    public async Task CreateAsync(HttpContext http)
    {
        var body = await RestBody.ReadAsync(http, optional: false, "name", "type", "required", "description");
        var wanted = new Definition { Name = body.RequireText("name") };
        Read(body, wanted);
        body.Check();
        var request = new CreateDefinitionRequest { Definition = wanted };
        var answer = await calls.SendAsync(http, call => definitions.CreateDefinitionAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status201Created, json => Write(json, answer.Definition));
    }

    public async Task GetAsync(HttpContext http)
    {
        var request = new GetDefinitionRequest { Name = NameOf(http) };
        var answer = await calls.SendAsync(http, call => definitions.GetDefinitionAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => Write(json, answer.Definition));
    }

    public async Task UpdateAsync(HttpContext http)
    {
        var body = await RestBody.ReadAsync(http, optional: false, "type", "required", "enabled", "description");
        var wanted = new Definition { Name = NameOf(http) };
        var mask = Read(body, wanted);
        body.Check();
        var request = new UpdateDefinitionRequest { Definition = wanted, UpdateMask = mask };
        var answer = await calls.SendAsync(http, call => definitions.UpdateDefinitionAsync(request, call).ResponseAsync);
        await RestResponse.WriteAsync(http, StatusCodes.Status200OK, json => Write(json, answer.Definition));
    }

    public async Task DeleteAsync(HttpContext http)
    {
        var request = new DeleteDefinitionRequest { Name = NameOf(http) };
        await calls.SendAsync(http, call => definitions.DeleteDefinitionAsync(request, call).ResponseAsync);
        http.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private static string NameOf(HttpContext http) => (string)http.Request.RouteValues["name"]!;

    private static FieldMask Read(RestBody body, Definition wanted)
    {
        var mask = new FieldMask();
        if (body.FindChoice("type", Types) is { } type)
        {
            wanted.Type = type;
            mask.Paths.Add("type");
        }

        if (body.FindFlag("required") is { } required)
        {
            wanted.Required = required;
            mask.Paths.Add("required");
        }

        if (body.FindFlag("enabled") is { } enabled)
        {
            wanted.Enabled = enabled;
            mask.Paths.Add("enabled");
        }

        if (body.FindText("description") is { } description)
        {
            wanted.Description = description;
            mask.Paths.Add("description");
        }

        return mask;
    }

    private static void Write(Utf8JsonWriter json, Definition definition)
    {
        json.WriteStartObject();
        json.WriteString("object", "attribute_definition");
        json.WriteString("name", definition.Name);
        json.WriteString("kind", Words.Of(definition.Origin));
        json.WriteString("type", Words.Of(definition.Type));
        json.WriteBoolean("required", definition.Required);
        json.WriteBoolean("enabled", definition.Enabled);
        json.WriteText("description", definition.Description);
        json.WriteTime("created_at", definition.CreateTime);
        json.WriteTime("updated_at", definition.UpdateTime);
        json.WriteEndObject();
    }
}
