using DirectorySync.AttributeMapping.V1;
using DirectorySync.Feed.V1;
using DirectorySync.Identity.V1;
using DirectorySync.Kit;
using DirectorySync.Load.ScimBench;
using DirectorySync.Roles.V1;
using Grpc.Net.Client;

namespace DirectorySync.Load.PipelineBench;

/// <summary>A directory whose users have attributes that are mapped and roles that follow from attributes and from a group.</summary>
internal sealed class PipelineDirectory : IAsyncDisposable
{
    public const int Connections = 16;

    private readonly GrpcChannel mapping;
    private readonly GrpcChannel roles;

    private PipelineDirectory(Stack stack, StackDirectory directory)
    {
        Stack = stack;
        Id = directory.Id;
        Work = new(directory.ScimBaseUrl, directory.Token, Connections);
        mapping = GrpcChannel.ForAddress(stack.ServiceUrl("attribute-mapping"));
        roles = GrpcChannel.ForAddress(stack.ServiceUrl("roles"));
    }

    public Stack Stack { get; }

    public string Id { get; }

    public ScimWorkload Work { get; }

    public MappingService.MappingServiceClient Mappings => new(mapping);

    public static async Task<PipelineDirectory> StartAsync(Stack stack, int users)
    {
        var directory = new PipelineDirectory(stack, await stack.CreateDirectoryAsync());
        await directory.LiftRateLimitAsync();
        await directory.Work.SeedAsync(users, Connections, groupSize: 1);
        await directory.PrepareAsync();
        return directory;
    }

    public async ValueTask DisposeAsync()
    {
        Work.Dispose();
        mapping.Dispose();
        roles.Dispose();
        await ValueTask.CompletedTask;
    }

    private async Task LiftRateLimitAsync()
    {
        using var identity = GrpcChannel.ForAddress(Stack.ServiceUrl("identity"));
        await new DirectoryService.DirectoryServiceClient(identity).UpdateDirectoryAsync(new()
        {
            Directory = new() { Id = Id, Policies = new() { RateLimit = 100_000, RateLimitBurst = 100_000 } },
            UpdateMask = { "policies" },
        });
    }

    private async Task PrepareAsync()
    {
        await new DefinitionService.DefinitionServiceClient(mapping).UpdateDefinitionAsync(new()
        {
            Definition = new() { Name = "job_title", Enabled = true },
            UpdateMask = new() { Paths = { "enabled" } },
        });
        var service = new RoleService.RoleServiceClient(roles);
        foreach (var (slug, priority) in new[] { ("member", 1), ("manager", 2), ("operator", 3) })
        {
            await service.CreateRoleAsync(new() { Role = new() { Slug = slug, Priority = priority } });
        }

        await new RoleRulesService.RoleRulesServiceClient(roles).UpdateRoleRulesAsync(new()
        {
            Rules = new()
            {
                DirectoryId = Id,
                Mode = RoleMode.Priority,
                DefaultRole = "member",
                Rules =
                {
                    new RoleRule { Role = "manager", Attribute = new() { Attribute = "job_title", Operator = AttributeOperator.Equals, Value = ScimWorkload.Title } },
                    new RoleRule { Role = "operator", GroupId = Work.GroupId },
                },
            },
        });

        // Nobody acknowledges under this name, so nothing that is told is pruned and all can be counted.
        foreach (var channel in new[] { mapping, roles })
        {
            await new ChangeFeedService.ChangeFeedServiceClient(channel).RegisterConsumerAsync(new() { Consumer = "bench" });
        }
    }
}
