using DirectorySync.Gateway.Auth;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Identity.V1;

namespace DirectorySync.Gateway.Rest;

/// <summary>The REST API for the vendor's programs: its routes, and what each asks of an API key.</summary>
internal static class RestApi
{
    public static IServiceCollection AddRest(this IServiceCollection services) => services
        .AddSingleton<KeyAuthentication>()
        .AddSingleton<PublicAddress>()
        .AddSingleton<RestErrors>()
        .AddSingleton<OrganizationReads>()
        .AddSingleton<OrganizationEndpoints>()
        .AddSingleton<DirectoryAccess>()
        .AddSingleton<GroupCounts>()
        .AddSingleton<DirectoryProblems>()
        .AddSingleton<AdoptionUpload>()
        .AddSingleton<AuditReads>()
        .AddSingleton<AttributeDefinitionEndpoints>()
        .AddSingleton<AttributeMappingEndpoints>()
        .AddSingleton<ProfileEndpoints>()
        .AddSingleton<DirectoryEndpoints>()
        .AddSingleton<TokenEndpoints>()
        .AddSingleton<RequestLogEndpoints>()
        .AddSingleton<ProblemEndpoints>()
        .AddSingleton<RoleEndpoints>()
        .AddSingleton<RoleRulesEndpoints>()
        .AddSingleton<EventEndpoints>()
        .AddSingleton<WebhookEndpoints>()
        .AddSingleton<InvitationEndpoints>()
        .AddSingleton<AlertEndpoints>()
        .AddSingleton<ErasureEndpoints>()
        .AddSingleton<ReadModelEndpoints>()
        .AddSingleton<SnapshotEndpoints>()
        .AddSingleton<ReconciliationEndpoints>()
        .AddSingleton<SettingsEndpoints>()
        .AddSingleton<AdoptionEndpoints>()
        .AddSingleton<AuditLogEndpoints>()
        .AddSingleton<PortalEndpoints>()
        .AddSingleton<ApiKeyEndpoints>();

    /// <summary>Adds the routes and what lets callers in. RestAnswers stands before all that may fail.</summary>
    public static WebApplication MapRest(this WebApplication app)
    {
        app.UseMiddleware<RestAccess>();

        // Reading asks for the scope read, everything else for write, unless the route asks for more.
        var api = app.MapGroup("");
        ((IEndpointConventionBuilder)api).Add(endpoint => endpoint.Metadata.Add(new RequiredScope(
            endpoint.Metadata.OfType<IHttpMethodMetadata>().Single().HttpMethods.Contains(HttpMethods.Get) ? ApiKeyScope.Read : ApiKeyScope.Write)));
        var admin = new RequiredScope(ApiKeyScope.Admin);
        var deployment = new RequiredScope(ApiKeyScope.Write, WholeDeployment: true);
        var deploymentAdmin = new RequiredScope(ApiKeyScope.Admin, WholeDeployment: true);

        var organizations = app.Services.GetRequiredService<OrganizationEndpoints>();
        api.MapRead("/organizations", organizations.ListAsync);
        api.MapPost("/organizations", organizations.CreateAsync).WithMetadata(deployment);
        api.MapRead("/organizations/{id}", organizations.GetAsync);
        api.MapRead("/organizations/external_id/{external_id}", organizations.GetByExternalIdAsync);
        api.MapPut("/organizations/{id}", organizations.UpdateAsync);
        api.MapDelete("/organizations/{id}", organizations.DeleteAsync).WithMetadata(admin);

        var directories = app.Services.GetRequiredService<DirectoryEndpoints>();
        api.MapRead("/directories", directories.ListAsync);
        api.MapPost("/directories", directories.CreateAsync);
        api.MapRead("/directories/{id}", directories.GetAsync);
        api.MapPatch("/directories/{id}", directories.UpdateAsync);
        api.MapDelete("/directories/{id}", directories.DeleteAsync).WithMetadata(admin);

        var settings = app.Services.GetRequiredService<SettingsEndpoints>();
        api.MapRead("/directories/{id}/settings", settings.GetAsync);
        api.MapPut("/directories/{id}/settings", settings.ReplaceAsync);

        var definitions = app.Services.GetRequiredService<AttributeDefinitionEndpoints>();
        api.MapRead("/attribute_definitions", definitions.ListAsync);
        api.MapPost("/attribute_definitions", definitions.CreateAsync).WithMetadata(deployment);
        api.MapRead("/attribute_definitions/{name}", definitions.GetAsync);
        api.MapPatch("/attribute_definitions/{name}", definitions.UpdateAsync).WithMetadata(deployment);
        api.MapDelete("/attribute_definitions/{name}", definitions.DeleteAsync).WithMetadata(deploymentAdmin);

        var mappings = app.Services.GetRequiredService<AttributeMappingEndpoints>();
        api.MapRead("/directories/{id}/attribute_mapping", mappings.GetAsync);
        api.MapPut("/directories/{id}/attribute_mapping", mappings.ReplaceAsync);
        api.MapRead("/directories/{id}/attribute_mapping/versions", mappings.ListVersionsAsync);
        api.MapPost("/directories/{id}/attribute_mapping/undo", mappings.UndoAsync);
        api.MapPost("/directories/{id}/attribute_mapping/preview", mappings.PreviewAsync);
        api.MapRead("/directories/{id}/attribute_mapping/diagnosis", mappings.DiagnoseAsync);
        api.MapRead("/directories/{id}/attribute_mapping/recomputation", mappings.GetRecomputationAsync);

        var profiles = app.Services.GetRequiredService<ProfileEndpoints>();
        api.MapRead("/directories/{id}/profiles/{user_id}", profiles.GetAsync);
        api.MapRead("/directories/{id}/attributes", profiles.ListInventoryAsync);
        api.MapRead("/directories/{id}/attribute_problems", profiles.ListProblemsAsync);

        var tokens = app.Services.GetRequiredService<TokenEndpoints>();
        api.MapRead("/directories/{id}/tokens", tokens.ListAsync);
        api.MapPost("/directories/{id}/tokens", tokens.CreateAsync).WithMetadata(admin);
        api.MapDelete("/directories/{id}/tokens/{token_id}", tokens.RevokeAsync).WithMetadata(admin);

        api.MapRead("/directories/{id}/requests", app.Services.GetRequiredService<RequestLogEndpoints>().ListAsync);

        var problems = app.Services.GetRequiredService<ProblemEndpoints>();
        api.MapRead("/directories/{id}/problems", problems.ListAsync);
        api.MapRead("/directories/{id}/unresolved_members", problems.ListUnresolvedMembersAsync);
        api.MapPost("/directories/{id}/users/{user_id}/memberships/confirm", problems.ConfirmMembershipsAsync);

        var roles = app.Services.GetRequiredService<RoleEndpoints>();
        api.MapRead("/roles", roles.ListAsync);
        api.MapPost("/roles", roles.CreateAsync).WithMetadata(deployment);
        api.MapRead("/roles/{slug}", roles.GetAsync);
        api.MapPatch("/roles/{slug}", roles.UpdateAsync).WithMetadata(deployment);
        api.MapDelete("/roles/{slug}", roles.DeleteAsync).WithMetadata(deploymentAdmin);
        api.MapRead("/organizations/{id}/role_guard", roles.GetGuardAsync);
        api.MapPut("/organizations/{id}/role_guard", roles.UpdateGuardAsync).WithMetadata(admin);

        var rules = app.Services.GetRequiredService<RoleRulesEndpoints>();
        api.MapRead("/directories/{id}/role_rules", rules.GetAsync);
        api.MapPut("/directories/{id}/role_rules", rules.ReplaceAsync);
        api.MapPost("/directories/{id}/role_rules/preview", rules.PreviewAsync);
        api.MapRead("/directories/{id}/users/{user_id}/roles", rules.ExplainAsync);
        api.MapRead("/directories/{id}/roles/{slug}/users", rules.ListHoldersAsync);

        var told = app.Services.GetRequiredService<ReadModelEndpoints>();
        api.MapRead("/directory_users", told.ListUsersAsync);
        api.MapRead("/directory_users/{id}", told.GetUserAsync);
        api.MapRead("/directory_groups", told.ListGroupsAsync);
        api.MapRead("/directory_groups/{id}", told.GetGroupAsync);
        api.MapRead("/directories/{id}/difference", told.GetDifferenceAsync);
        api.MapPost("/directories/{id}/policies/preview", told.PreviewPoliciesAsync);
        api.MapRead("/directories/{id}/snapshot", app.Services.GetRequiredService<SnapshotEndpoints>().GetAsync);

        var adoptions = app.Services.GetRequiredService<AdoptionEndpoints>();
        api.MapRead("/directories/{id}/adoption", adoptions.GetAsync);
        api.MapPut("/directories/{id}/adoption", adoptions.UploadAsync);
        api.MapDelete("/directories/{id}/adoption", adoptions.DeleteAsync);
        api.MapRead("/directories/{id}/adoption/users", adoptions.ListAsync);

        var reconciliations = app.Services.GetRequiredService<ReconciliationEndpoints>();
        api.MapRead("/directories/{id}/reconciliation", reconciliations.GetAsync);
        api.MapPost("/directories/{id}/reconciliation", reconciliations.StartAsync);

        var events = app.Services.GetRequiredService<EventEndpoints>();
        api.MapRead("/events", events.ListAsync);

        // Their secrets are in the answers: whoever reads them can also write in the application's name.
        var webhooks = app.Services.GetRequiredService<WebhookEndpoints>();
        api.MapRead("/webhook_endpoints", webhooks.ListAsync).WithMetadata(deployment);
        api.MapPost("/webhook_endpoints", webhooks.CreateAsync).WithMetadata(deployment);
        api.MapRead("/webhook_endpoints/{id}", webhooks.GetAsync).WithMetadata(deployment);
        api.MapPatch("/webhook_endpoints/{id}", webhooks.UpdateAsync).WithMetadata(deployment);
        api.MapDelete("/webhook_endpoints/{id}", webhooks.DeleteAsync).WithMetadata(deployment);
        api.MapPost("/webhook_endpoints/{id}/rotate_secret", webhooks.RotateSecretAsync).WithMetadata(deployment);
        api.MapPost("/webhook_endpoints/{id}/test", webhooks.TestAsync).WithMetadata(deployment);
        api.MapRead("/webhook_endpoints/{id}/lanes", webhooks.ListLanesAsync).WithMetadata(deployment);
        api.MapPost("/webhook_endpoints/{id}/lanes/{directory_id}/resume", webhooks.ResumeAsync).WithMetadata(deployment);
        api.MapPost("/webhook_endpoints/{id}/lanes/{directory_id}/skip", webhooks.SkipAsync).WithMetadata(deployment);
        api.MapPost("/webhook_endpoints/{id}/lanes/{directory_id}/replay", webhooks.ReplayAsync).WithMetadata(deployment);
        api.MapRead("/webhook_endpoints/{id}/dead_letters", webhooks.ListDeadLettersAsync).WithMetadata(deployment);
        api.MapPost("/webhook_endpoints/{id}/dead_letters/{event_id}/replay", webhooks.ReplayDeadLetterAsync).WithMetadata(deployment);
        api.MapRead("/webhook_endpoints/{id}/attempts", webhooks.ListAttemptsAsync).WithMetadata(deployment);

        api.MapDelete("/directories/{id}/users/{user_id}", app.Services.GetRequiredService<ErasureEndpoints>().EraseAsync).WithMetadata(admin);

        var alerts = app.Services.GetRequiredService<AlertEndpoints>();
        api.MapRead("/alerts", alerts.ListAsync).WithMetadata(new RequiredScope(ApiKeyScope.Read, WholeDeployment: true));
        api.MapRead("/directories/{id}/alerts", alerts.ListOfDirectoryAsync);

        var invitations = app.Services.GetRequiredService<InvitationEndpoints>();
        api.MapRead("/directories/{id}/invitations", invitations.ListAsync);
        api.MapPost("/directories/{id}/invitations/{user_id}/resend", invitations.ResendAsync);
        api.MapRead("/invitation_template", invitations.GetTemplateAsync);
        api.MapPut("/invitation_template", invitations.UpdateTemplateAsync).WithMetadata(deployment);

        api.MapRead("/audit_log", app.Services.GetRequiredService<AuditLogEndpoints>().ListAsync).WithMetadata(admin);

        // Who opens the link can make tokens.
        api.MapPost("/portal/generate_link", app.Services.GetRequiredService<PortalEndpoints>().GenerateLinkAsync).WithMetadata(admin);

        var keys = app.Services.GetRequiredService<ApiKeyEndpoints>();
        api.MapRead("/api_keys", keys.ListAsync).WithMetadata(deploymentAdmin);
        api.MapPost("/api_keys", keys.CreateAsync).WithMetadata(deploymentAdmin);
        api.MapDelete("/api_keys/{id}", keys.RevokeAsync).WithMetadata(deploymentAdmin);
        return app;
    }
}

/// <summary>What a route asks of an API key.</summary>
/// <param name="Scope">At least this.</param>
/// <param name="WholeDeployment">A key of one organization may not, whatever its scopes.</param>
internal sealed record RequiredScope(ApiKeyScope Scope, bool WholeDeployment = false);
