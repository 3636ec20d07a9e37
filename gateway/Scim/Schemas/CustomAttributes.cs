using DirectorySync.AttributeMapping.V1;
using DirectorySync.Scim;
using DirectorySync.Scim.V1;
using Grpc.Core;

namespace DirectorySync.Gateway.Scim.Schemas;

/// <summary>
/// The vendor's own attributes as an extension of the user, so that an identity provider can offer them (Okta: Profile Editor). Asked of
/// attribute-mapping every few seconds and remembered: discovery answers the same while that service is away.
/// </summary>
internal sealed class CustomAttributes(DefinitionService.DefinitionServiceClient definitions, ILogger<CustomAttributes> logger)
    : BackgroundService
{
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private long version = -1;
    private volatile Schema? schema;

    /// <summary>Null while there are none, or none are known.</summary>
    public Schema? Schema => schema;

    /// <summary>The extension; null without attributes of the vendor's own.</summary>
    internal static Schema? Of(IEnumerable<Definition> all)
    {
        var custom = all.Where(definition => definition is { Origin: DefinitionOrigin.Custom, Enabled: true }).Select(Of).ToList();
        return custom.Count == 0 ? null : new(SchemaUrns.CustomUser, "CustomUser", "Attributes that the application reads.", custom);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                var list = await definitions.ListDefinitionsAsync(
                    new(), deadline: DateTime.UtcNow + Patience, cancellationToken: stoppingToken);
                if (list.Version != version)
                {
                    (schema, version) = (Of(list.Definitions), list.Version);
                }
            }
            catch (RpcException e) when (!stoppingToken.IsCancellationRequested)
            {
                logger.AttributesNotAsked(e.StatusCode);
            }

            await Task.Delay(Every, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // Required of a profile, not of SCIM: a user without it is accepted and listed as a problem.
    private static AttributeDefinition Of(Definition definition) => new()
    {
        Name = definition.Name,
        Description = definition.Description.Length > 0 ? definition.Description : definition.Name,
        MultiValued = definition.Type == DefinitionType.List,
        Type = definition.Type switch
        {
            DefinitionType.Number => AttributeType.Decimal,
            DefinitionType.Boolean => AttributeType.Boolean,
            DefinitionType.Date => AttributeType.DateTime,
            DefinitionType.Object => AttributeType.Complex,
            _ => AttributeType.String,
        },
        ToldAs = definition.Type == DefinitionType.Date ? AttributeType.String : null,
    };
}
