using System.Reflection;
using DirectorySync.Chassis.Audit;
using DirectorySync.Events.V1;
using Google.Protobuf.Reflection;

namespace DirectorySync.Chassis.Tests;

public sealed class AuditImageTests
{
    [Fact]
    public void No_field_of_the_contracts_that_holds_a_secret_is_kept()
    {
        string[] secret =
        [
            "CreateApiKeyResponse.secret", "CreatePortalLinkResponse.secret", "CreateScimTokenResponse.secret", "OpenPortalLinkRequest.secret_hash",
            "ResolveApiKeyRequest.secret_hash", "ResolvePortalLinkRequest.secret_hash", "ResolveTokenRequest.secret_hash",
            "WebhookEndpoint.previous_secret", "WebhookEndpoint.secret",
        ];
        var found = typeof(WebhookEndpoint).Assembly.GetTypes()
            .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null)).OfType<FileDescriptor>()
            .SelectMany(file => file.MessageTypes).SelectMany(message => message.Fields.InDeclarationOrder())
            .Where(AuditImage.IsSecret).Select(field => $"{field.ContainingType.Name}.{field.Name}");

        Assert.Equal(secret, found.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void An_image_is_the_message_without_them_however_deep_they_are()
    {
        var endpoint = new WebhookEndpoint { Id = "1", Secret = "whsec_1", PreviousSecret = "whsec_0", Events = { "a" } };
        var response = new ListWebhookEndpointsResponse { Endpoints = { endpoint } };

        var image = AuditImage.Of(response)!.Unpack<ListWebhookEndpointsResponse>();

        Assert.Equal(new WebhookEndpoint { Id = "1", Events = { "a" } }, Assert.Single(image.Endpoints));
        Assert.Equal("whsec_1", endpoint.Secret);
        Assert.Null(AuditImage.Of(null));
    }
}
