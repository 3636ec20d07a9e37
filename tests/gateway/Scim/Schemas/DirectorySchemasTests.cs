using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;
using DirectorySync.Gateway.Scim.Schemas;
using DirectorySync.Scim;
using DirectorySync.Scim.V1;

namespace DirectorySync.Gateway.Tests.Scim.Schemas;

/// <summary>RFC 7643 §6 and §7: what a directory has is what it advertises.</summary>
public sealed class DirectorySchemasTests
{
    private const string BaseUrl = "https://example.com/scim/v2/abc";

    private static readonly Schema Custom = new(SchemaUrns.CustomUser, "Custom", "Custom attributes",
        [new() { Name = "startDate", Description = "First day", Type = AttributeType.DateTime, CanonicalValues = ["x"] }]);

    private static readonly DirectorySchemas Schemas = new(ResourceType.User.With(Custom), ResourceType.Group);

    [Fact]
    public void Attributes_of_a_directorys_own_are_advertised_as_an_extension_of_the_user()
    {
        Assert.Equal(["User", "Group"], Schemas.Types.Select(type => type.Name));
        Assert.Equal(
            [SchemaUrns.User, SchemaUrns.EnterpriseUser, SchemaUrns.CustomUser, SchemaUrns.Group], Schemas.All.Select(schema => schema.Urn));
        var type = Write(writer => SchemaJson.Write(writer, Schemas.User, BaseUrl));
        Assert.Equal(
            [SchemaUrns.EnterpriseUser, SchemaUrns.CustomUser],
            type["schemaExtensions"]!.AsArray().Select(extension => extension!["schema"]!.GetValue<string>()));
        Assert.Equal(SchemaUrns.User, type["schema"]!.GetValue<string>());
    }

    [Fact]
    public void A_schema_has_all_that_section_7_says_of_an_attribute() => Assert.True(JsonNode.DeepEquals(
        JsonNode.Parse($$"""
            {"schemas":["urn:ietf:params:scim:schemas:core:2.0:Schema"],"id":"{{SchemaUrns.CustomUser}}","name":"Custom",
             "description":"Custom attributes","attributes":[{"name":"startDate","type":"dateTime","multiValued":false,"description":"First day",
              "required":false,"canonicalValues":["x"],"caseExact":false,"mutability":"readWrite","returned":"default","uniqueness":"none"}],
             "meta":{"resourceType":"Schema","location":"{{BaseUrl}}/Schemas/{{SchemaUrns.CustomUser}}"} }
            """),
        Write(writer => SchemaJson.Write(writer, Custom, BaseUrl))));

    // RFC 7643 §8.7.2: discovery's own answers are described too, and have no attribute that is not described.
    [Fact]
    public void What_discovery_answers_is_what_its_schemas_say()
    {
        Follows(DiscoverySchemas.ServiceProviderConfig.Attributes, Write(writer => ServiceProviderConfig.Write(writer, BaseUrl)));
        Follows(DiscoverySchemas.ResourceType.Attributes, Write(writer => SchemaJson.Write(writer, Schemas.User, BaseUrl)));
        foreach (var schema in (IEnumerable<Schema>)[.. Schemas.All, .. DiscoverySchemas.All])
        {
            Follows(DiscoverySchemas.Schema.Attributes, Write(writer => SchemaJson.Write(writer, schema, BaseUrl)));
        }
    }

    // RFC 7643 §8.7.1: a client that fills in all that is told would send an address that means nothing.
    [Fact]
    public void Multi_valued_attributes_are_told_as_the_rfc_lists_them()
    {
        var user = Write(writer => SchemaJson.Write(writer, Schemas.User.Core, BaseUrl));
        foreach (var name in (string[])["emails", "phoneNumbers", "ims", "photos", "entitlements", "roles", "x509Certificates"])
        {
            var attribute = user["attributes"]!.AsArray().Single(attribute => attribute!["name"]!.GetValue<string>() == name)!;
            Assert.Equal(
                ["value", "display", "type", "primary"], attribute["subAttributes"]!.AsArray().Select(sub => sub!["name"]!.GetValue<string>()));
        }
    }

    private static void Follows(IReadOnlyList<AttributeDefinition> attributes, JsonNode answer)
    {
        foreach (var (name, value) in answer.AsObject().Where(property => property.Key is not ("schemas" or "meta")))
        {
            var definition = Assert.Single(attributes, attribute => attribute.Name == name);
            Assert.Equal(definition.MultiValued, value is JsonArray);
            foreach (var element in value is JsonArray list ? list.OfType<JsonObject>() : value is JsonObject complex ? [complex] : [])
            {
                // The sub-attributes of a sub-attribute are described as it is.
                Follows(definition.Name == "subAttributes" ? [.. definition.SubAttributes, definition] : definition.SubAttributes, element);
            }
        }

        Assert.All(attributes.Where(attribute => attribute.Required), attribute => Assert.NotNull(answer[attribute.Name]));
    }

    private static JsonNode Write(Action<Utf8JsonWriter> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, ScimJson.WriterOptions))
        {
            write(writer);
        }

        return JsonNode.Parse(buffer.WrittenSpan)!;
    }
}
