using System.Reflection;
using DirectorySync.Gateway.Internal;
using DirectorySync.Identity.V1;
using Google.Protobuf.Reflection;

namespace DirectorySync.Gateway.Tests.Internal;

public sealed class InternalMethodsTests
{
    private static readonly string[] Reading =
    [
        "GetOrganization", "ListOrganizations", "GetDirectory", "ListDirectories", "ListProblems", "GetUser", "BatchGetUsers", "CheckUsersExist",
        "ListUsers", "GetGroup", "ListMembers", "ReadGroup", "ListGroups", "ListUserGroups", "ListUnresolvedMembers", "CountGroups",
        "ListGroupProblems", "AwaitUserDeletion", "WatchChanges", "ListResources",
        "GetRole", "ListRoles", "GetRoleGuard", "GetRoleRules", "PreviewRoleRules", "ListRoleProblems", "ListUserRoles", "CheckRole",
        "ListRoleUsers", "GetUserRolesExplanation", "ListOfferedRoles",
        "GetDefinition", "ListDefinitions", "GetMapping", "ListMappingVersions", "PreviewMapping", "DiagnoseMapping", "GetRecomputation",
        "GetProfile", "BatchGetProfiles", "ListProfileProblems", "ListInventory",
        "ListEvents", "WatchEvents", "GetDirectoryUser", "ListDirectoryUsers", "GetDirectoryGroup", "ListDirectoryGroups", "GetDifference",
        "ListWebhookLanes", "ListDeadLetters", "ListDeliveryAttempts", "ExportDirectory", "GetReconciliation", "CompareAdoption",
        "ListInvitations", "GetInvitationTemplate", "ListAlerts", "ListRequests", "PreviewPolicies",
    ];

    private static readonly string[] Writing =
    [
        "CreateOrganization", "UpdateOrganization", "CreateDirectory", "UpdateDirectory", "CreateUser", "ReplaceUser", "PatchUser", "DeleteUser",
        "CreateGroup", "ReplaceGroup", "PatchGroup", "DeleteGroup", "ConfirmMemberships",
        "RegisterConsumer", "AcknowledgeChanges",
        "CreateRole", "UpdateRole", "DeleteRole", "UpdateRoleGuard", "UpdateRoleRules",
        "CreateDefinition", "UpdateDefinition", "DeleteDefinition", "UpdateMapping", "UndoMapping",
        "CreateWebhookEndpoint", "GetWebhookEndpoint", "ListWebhookEndpoints", "UpdateWebhookEndpoint",
        "DeleteWebhookEndpoint", "RotateWebhookSecret", "SendTestEvent", "ResumeWebhookLane", "SkipWebhookEvent", "ReplayWebhookLane",
        "ReplayDeadLetter", "StartReconciliation", "UploadAdoption", "DeleteAdoption", "ResendInvitation", "UpdateInvitationTemplate",
    ];

    private static readonly string[] Administering =
    [
        "ListAuditEntries", "CreatePortalLink",
        "DeleteOrganization", "DeleteDirectory", "EraseUser", "CreateScimToken", "ListScimTokens", "RevokeScimToken", "CreateApiKey", "ListApiKeys", "RevokeApiKey",
    ];

    private static readonly string[] GatewayOnly =
    [
        "ResolveToken", "ResolveApiKey", "ResolvePortalLink", "OpenPortalLink", "AppendRequests", "CountRequests", "ListKeys", "AddKey",
    ];

    [Fact]
    public void Every_method_of_the_contracts_has_its_scope()
    {
        var expected = Reading.Select(method => (method, (ApiKeyScope?)ApiKeyScope.Read))
            .Concat(Writing.Select(method => (method, (ApiKeyScope?)ApiKeyScope.Write)))
            .Concat(Administering.Select(method => (method, (ApiKeyScope?)ApiKeyScope.Admin)))
            .Concat(GatewayOnly.Select(method => (method, (ApiKeyScope?)null)));

        Assert.Equal(expected.Order(), InternalMethods.All.Select(entry => (entry.Key[(entry.Key.LastIndexOf('/') + 1)..], entry.Value.Scope)).Order());
    }

    [Fact]
    public void No_service_of_the_contracts_is_left_out()
    {
        var contracts = typeof(UserServiceReflection).Assembly.GetTypes()
            .Select(type => type.GetProperty("Descriptor", BindingFlags.Public | BindingFlags.Static)?.GetValue(null))
            .OfType<FileDescriptor>()
            .SelectMany(file => file.Services)
            .SelectMany(service => service.Methods)
            .Select(method => $"/{method.Service.FullName}/{method.Name}");

        Assert.Equal(contracts.Order(), InternalMethods.All.Keys.Order());
    }

    [Theory]
    [InlineData("/directorysync.identity.v1.UserService/getUser")]
    [InlineData("/directorysync.identity.v1.userservice/GetUser")]
    [InlineData("/directorysync.identity.v1.UserService/GetUser/")]
    [InlineData("/directorysync.identity.v1.UserService/")]
    [InlineData("/grpc.health.v1.Health/Check")]
    [InlineData("/")]
    public void What_is_not_exactly_a_method_is_none(string path) => Assert.False(InternalMethods.All.ContainsKey(path));
}
