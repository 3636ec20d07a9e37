using Npgsql;
using StackExchange.Redis;

namespace DirectorySync.Local;

/// <summary>Runs Directory Sync on this machine until it is told to stop (<c>make run</c>).</summary>
internal sealed class Up(UpSettings settings)
{
    private readonly Progress progress = new();

    public async Task RunAsync(CancellationToken stop)
    {
        using var held = RunLock.Take();
        await RunLock.EndLeftoversAsync(progress.Say, stop);
        RequirePorts();
        Directory.CreateDirectory(Repository.DataFolder);
        var secret = await Secret.LoadAsync(Repository.DataFolder, stop);

        progress.Say(settings.Postgres is null ? $"starting PostgreSQL on port {settings.PostgresPort}" : "using the PostgreSQL that POSTGRES names");
        progress.Say(settings.Redis is null ? $"starting Redis on port {settings.RedisPort}" : "using the Redis that REDIS names");
        await using var postgres = settings.Postgres is null
            ? await PostgresServer.StartAsync(Path.Combine(Repository.DataFolder, "postgres"), Path.Combine(Repository.LogFolder, "postgres.log"),
                settings.PostgresPort, secret, Durability.Machine, progress.Say, stop)
            : null;
        await using var redis = settings.Redis is null
            ? await RedisServer.StartAsync(Path.Combine(Repository.DataFolder, "redis"), Path.Combine(Repository.LogFolder, "redis.log"),
                settings.RedisPort, secret, progress.Say, stop)
            : null;
        var provisioning = new Provisioning(
            postgres?.AdminConnectionString ?? settings.Postgres!, redis?.AdminConnectionString ?? settings.Redis!, secret);
        await ProvisionAsync(provisioning, stop);

        progress.Say("starting the services and the gateway");
        await using var system = RunningSystem.Prepare(new()
        {
            Provisioning = provisioning,
            LogFolder = Repository.LogFolder,
            ServicePort = (service, _) => settings.ServicePorts[service],
            GatewayPorts = _ => (settings.HttpPort, settings.GrpcPort),
            PublicUrl = settings.PublicUrl,
            Listen = settings.Listen,
        });
        await system.StartAsync(progress.Say, stop);
        RunLock.Note(system.All);
        Present(await Demo.EnsureAsync(system, progress.Say, stop));
        var supervisor = new Supervisor(progress.Say);
        try
        {
            await supervisor.WatchAsync(system, postgres, redis, stop);
        }
        finally
        {
            progress.Say("stopping");
        }
    }

    private void RequirePorts()
    {
        Ports.Require(settings.HttpPort, "SCIM and REST", "GATEWAY_HTTP_PORT");
        Ports.Require(settings.GrpcPort, "gRPC of the gateway", "GATEWAY_GRPC_PORT");
        foreach (var (service, port) in settings.ServicePorts)
        {
            Ports.Require(port, service.Name, service.PortVariable);
        }
    }

    private async Task ProvisionAsync(Provisioning provisioning, CancellationToken stop)
    {
        progress.Say("one PostgreSQL database and one Redis user for each service");
        try
        {
            await provisioning.ApplyAsync(withDatabases: true, stop);
        }
        catch (NpgsqlException e)
        {
            throw new CannotRunException($"PostgreSQL refused: {e.Message}. "
                + (settings.Postgres is null ? "" : "Start the server that POSTGRES names, or unset POSTGRES for a private one."), e);
        }
        catch (Exception e) when (e is RedisException or RedisConnectionException)
        {
            throw new CannotRunException($"Redis refused: {e.Message} "
                + (settings.Redis is null ? "" : "Start the server that REDIS names, or unset REDIS for a private one."), e);
        }
    }

    private void Present(Demo demo) => Progress.Write($"""

        Directory Sync is running. Paste these two into Okta, or try them here:

          SCIM base URL   {demo.ScimBaseUrl}
          Bearer token    {demo.ScimToken}
          API key         {demo.ApiKey}   (REST at {demo.ApiUrl}, gRPC at {demo.GrpcUrl})
          Console         {demo.ApiUrl}/console   (sign in with the API key)

          curl -s -H 'Authorization: Bearer {demo.ScimToken}' '{demo.ScimBaseUrl}/Users?startIndex=1&count=2'

        The same as shell variables: . .run/demo.env    Okta's whole life cycle: make play-okta
        Logs: .run/logs    {(settings.PublicUrl is null ? "Okta needs an address it can reach: PUBLIC_URL=https://… make run    " : "")}Stop: Ctrl-C

        """);
}
