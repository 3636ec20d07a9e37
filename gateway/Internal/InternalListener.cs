using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace DirectorySync.Gateway.Internal;

/// <summary>Marks the connections of the listener for internal callers, whatever its port is.</summary>
internal sealed class InternalListener
{
    /// <summary>Its name below Kestrel:Endpoints.</summary>
    public const string Endpoint = "Grpc";

    private static readonly InternalListener Instance = new();

    private InternalListener()
    {
    }

    public static void Mark(ListenOptions listener) => listener.Use(next => connection =>
    {
        connection.Features.Set(Instance);
        return next(connection);
    });

    public static bool Accepted(HttpContext http) => http.Features.Get<InternalListener>() is not null;
}
