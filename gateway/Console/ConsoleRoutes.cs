using DirectorySync.Gateway.Console.Directories;
using DirectorySync.Gateway.Console.Installation;
using DirectorySync.Gateway.Console.Mapping;
using DirectorySync.Gateway.Console.Organizations;
using DirectorySync.Gateway.Console.People;
using DirectorySync.Gateway.Console.Rules;
using DirectorySync.Gateway.Console.Webhooks;
using DirectorySync.Gateway.Hosting;
using DirectorySync.Gateway.Rest;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace DirectorySync.Gateway.Console;

/// <summary>Every page and every form, and what it asks of who is signed in. Pages ask for a viewer, forms for an operator, unless they say more.</summary>
internal static class ConsoleRoutes
{
    public static void Add(IServiceCollection services) => services
        .AddSingleton<OrganizationForms>()
        .AddSingleton<SetupLinkForms>()
        .AddSingleton<DirectoryForms>()
        .AddSingleton<DirectorySettingsForms>()
        .AddSingleton<PolicyForms>()
        .AddSingleton<AdoptionForms>()
        .AddSingleton<UserForms>()
        .AddSingleton<MappingForms>()
        .AddSingleton<RoleRuleForms>()
        .AddSingleton<RoleForms>()
        .AddSingleton<WebhookForms>()
        .AddSingleton<ApiKeyForms>()
        .AddSingleton<DefinitionForms>()
        .AddSingleton<SettingsForms>();

    public static void Map(RouteGroupBuilder console, IServiceProvider services)
    {
        MapOrganizations(console, services.GetRequiredService<OrganizationForms>());
        MapSetupLinks(console, services.GetRequiredService<SetupLinkForms>());
        var directory = console.MapGroup("/directories/{id}");
        MapDirectory(console, directory, services.GetRequiredService<DirectoryForms>());
        MapPeople(directory, services.GetRequiredService<UserForms>());
        MapSettings(directory, services);
        MapMapping(directory, services.GetRequiredService<MappingForms>());
        MapRoles(console, directory, services);
        MapWebhooks(console, services.GetRequiredService<WebhookForms>());
        MapInstallation(console, services);
    }

    private static void MapOrganizations(RouteGroupBuilder console, OrganizationForms forms)
    {
        console.MapPage<OrganizationsPage>("");
        console.MapPage<OrganizationPage>("/organizations/{id}");
        console.MapPage<NewOrganizationPage>("/organizations/new", ConsoleRole.Operator, wholeDeployment: true);
        console.MapForm<NewOrganizationPage>("/organizations/new", forms.CreateAsync, ConsoleRole.Operator, wholeDeployment: true);
        console.MapForm<OrganizationPage>("/organizations/{id}/rename", forms.RenameAsync);
        console.MapForm<OrganizationPage>("/organizations/{id}/guard", forms.SwitchGuardAsync, ConsoleRole.Admin);
        console.MapForm<OrganizationPage>("/organizations/{id}/delete", forms.DeleteAsync, ConsoleRole.Admin);
    }

    private static void MapSetupLinks(RouteGroupBuilder console, SetupLinkForms forms)
    {
        // Who opens the link can make tokens.
        console.MapPage<SetupLinkPage>("/organizations/{id}/setup-link", ConsoleRole.Admin);
        console.MapForm<SetupLinkPage>("/organizations/{id}/setup-link", forms.CreateAsync, ConsoleRole.Admin);
    }

    private static void MapDirectory(RouteGroupBuilder console, RouteGroupBuilder directory, DirectoryForms forms)
    {
        // A new directory comes with its first token, which only an admin may see.
        console.MapPage<NewDirectoryPage>("/organizations/{id}/directories/new", ConsoleRole.Admin);
        console.MapForm<NewDirectoryPage>("/organizations/{id}/directories/new", forms.CreateAsync, ConsoleRole.Admin);
        directory.MapPage<OverviewPage>("");
        directory.MapForm<OverviewPage>("/reconcile", forms.ReconcileAsync);
        directory.MapForm<OverviewPage>("/delete", forms.DeleteAsync, ConsoleRole.Admin);
        directory.MapPage<TokensPage>("/tokens");
        directory.MapForm<TokensPage>("/tokens", forms.CreateTokenAsync, ConsoleRole.Admin);
        directory.MapForm<TokensPage>("/tokens/{token_id}/revoke", forms.RevokeTokenAsync, ConsoleRole.Admin);
        directory.MapPage<ActivationPage>("/activation");
        directory.MapForm<ActivationPage>("/state", forms.ChangeStateAsync);
        directory.MapPage<RequestsPage>("/requests");
        directory.MapPage<EventsPage>("/events");
        directory.MapPage<DirectorySettingsPage>("/settings");
        directory.MapForm<DirectorySettingsPage>("/settings", forms.RenameAsync);
    }

    private static void MapPeople(RouteGroupBuilder directory, UserForms forms)
    {
        directory.MapPage<UsersPage>("/users");
        directory.MapPage<UserPage>("/users/{user_id}");
        directory.MapForm<UserPage>("/users/{user_id}/confirm", forms.ConfirmMembershipsAsync);
        directory.MapForm<UserPage>("/users/{user_id}/erase", forms.EraseAsync, ConsoleRole.Admin);
        directory.MapPage<GroupsPage>("/groups");
        directory.MapPage<GroupPage>("/groups/{group_id}");
    }

    private static void MapSettings(RouteGroupBuilder directory, IServiceProvider services)
    {
        var policies = services.GetRequiredService<PolicyForms>();
        directory.MapPage<PoliciesPage>("/policies");
        directory.MapForm<PoliciesPage>("/policies", policies.SaveAsync);
        directory.MapForm<PoliciesPage>("/policies/preview", policies.PreviewAsync);
        directory.MapForm<DirectorySettingsPage>("/settings/document", services.GetRequiredService<DirectorySettingsForms>().TakeUpAsync);
        directory.MapRead("/settings.json", services.GetRequiredService<SettingsEndpoints>().GetAsync).WithMetadata(new RequiredRole(ConsoleRole.Viewer));
        directory.MapRead("/export.csv", services.GetRequiredService<SnapshotEndpoints>().GetAsync).WithMetadata(new RequiredRole(ConsoleRole.Viewer));
        var adoption = services.GetRequiredService<AdoptionForms>();
        directory.MapPage<AdoptionPage>("/adoption");
        directory.MapForm<AdoptionPage>("/adoption", adoption.UploadAsync)
            .WithMetadata(new RequestSizeLimitAttribute(services.GetRequiredService<IOptions<GatewayOptions>>().Value.GroupBodyLimit));
        directory.MapForm<AdoptionPage>("/adoption/delete", adoption.DeleteAsync);
    }

    private static void MapMapping(RouteGroupBuilder directory, MappingForms forms)
    {
        directory.MapPage<MappingPage>("/attributes");
        directory.MapPage<MappingRulePage>("/attributes/edit", ConsoleRole.Operator);
        directory.MapForm<MappingRulePage>("/attributes/preview", forms.PreviewAsync);
        directory.MapForm<MappingRulePage>("/attributes/save", forms.SaveAsync);
        directory.MapForm<MappingRulePage>("/attributes/automatic", forms.AutomaticAsync);
        directory.MapForm<MappingPage>("/attributes/use", forms.UseAsync);
        directory.MapForm<MappingPage>("/attributes/undo", forms.UndoAsync);
    }

    private static void MapRoles(RouteGroupBuilder console, RouteGroupBuilder directory, IServiceProvider services)
    {
        var rules = services.GetRequiredService<RoleRuleForms>();
        directory.MapPage<RoleRulesPage>("/role-rules");
        directory.MapForm<RoleRulesPage>("/role-rules", rules.SaveAsync);
        directory.MapForm<RoleRulesPage>("/role-rules/preview", rules.PreviewAsync);
        var roles = services.GetRequiredService<RoleForms>();
        console.MapPage<RolesPage>("/roles");
        console.MapPage<RolePage>("/roles/new", ConsoleRole.Operator, wholeDeployment: true);
        console.MapForm<RolePage>("/roles/new", roles.CreateAsync, ConsoleRole.Operator, wholeDeployment: true);
        console.MapPage<RolePage>("/roles/{slug}");
        console.MapForm<RolePage>("/roles/{slug}", roles.UpdateAsync, ConsoleRole.Operator, wholeDeployment: true);
        console.MapForm<RolePage>("/roles/{slug}/delete", roles.DeleteAsync, ConsoleRole.Admin, wholeDeployment: true);
    }

    // As in the REST API: whoever sees deliveries also sees what they were about, in all organizations.
    private static void MapWebhooks(RouteGroupBuilder console, WebhookForms forms)
    {
        const ConsoleRole Role = ConsoleRole.Operator;
        console.MapPage<WebhooksPage>("/webhooks", Role, wholeDeployment: true);
        console.MapPage<NewWebhookPage>("/webhooks/new", Role, wholeDeployment: true);
        console.MapForm<NewWebhookPage>("/webhooks/new", forms.CreateAsync, Role, wholeDeployment: true);
        console.MapPage<WebhookPage>("/webhooks/{id}", Role, wholeDeployment: true);
        console.MapForm<WebhookPage>("/webhooks/{id}", forms.UpdateAsync, Role, wholeDeployment: true);
        console.MapForm<WebhookPage>("/webhooks/{id}/delete", forms.DeleteAsync, Role, wholeDeployment: true);
        console.MapForm<WebhookPage>("/webhooks/{id}/rotate", forms.RotateAsync, Role, wholeDeployment: true);
        console.MapForm<WebhookPage>("/webhooks/{id}/test", forms.TestAsync, Role, wholeDeployment: true);
        console.MapForm<WebhookPage>("/webhooks/{id}/replay", forms.ReplayAsync, Role, wholeDeployment: true);
        console.MapForm<WebhookPage>("/webhooks/{id}/lanes/{directory_id}/resume", forms.ResumeAsync, Role, wholeDeployment: true);
        console.MapForm<WebhookPage>("/webhooks/{id}/lanes/{directory_id}/skip", forms.SkipAsync, Role, wholeDeployment: true);
        console.MapForm<WebhookPage>("/webhooks/{id}/dead-letters/{event_id}/replay", forms.ReplayDeadLetterAsync, Role, wholeDeployment: true);
    }

    private static void MapInstallation(RouteGroupBuilder console, IServiceProvider services)
    {
        var keys = services.GetRequiredService<ApiKeyForms>();
        console.MapPage<ApiKeysPage>("/api-keys", ConsoleRole.Admin, wholeDeployment: true);
        console.MapForm<ApiKeysPage>("/api-keys", keys.CreateAsync, ConsoleRole.Admin, wholeDeployment: true);
        console.MapForm<ApiKeysPage>("/api-keys/{key_id}/revoke", keys.RevokeAsync, ConsoleRole.Admin, wholeDeployment: true);
        console.MapPage<AuditLogPage>("/audit-log", ConsoleRole.Admin);
        console.MapPage<AlertsPage>("/alerts", ConsoleRole.Viewer, wholeDeployment: true);
        var definitions = services.GetRequiredService<DefinitionForms>();
        console.MapPage<DefinitionsPage>("/attributes");
        console.MapForm<DefinitionsPage>("/attributes", definitions.CreateAsync, ConsoleRole.Operator, wholeDeployment: true);
        console.MapForm<DefinitionsPage>("/attributes/{name}", definitions.UpdateAsync, ConsoleRole.Operator, wholeDeployment: true);
        console.MapForm<DefinitionsPage>("/attributes/{name}/delete", definitions.DeleteAsync, ConsoleRole.Admin, wholeDeployment: true);
        console.MapPage<SettingsPage>("/settings", ConsoleRole.Viewer, wholeDeployment: true);
        console.MapForm<SettingsPage>("/settings", services.GetRequiredService<SettingsForms>().SaveTemplateAsync, ConsoleRole.Operator, wholeDeployment: true);
    }
}
