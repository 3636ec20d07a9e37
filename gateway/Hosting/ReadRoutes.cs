namespace DirectorySync.Gateway.Hosting;

/// <summary>Routes that read: a HEAD is answered as the GET would be, without its body (RFC 9110 §9.3.2).</summary>
internal static class ReadRoutes
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static IEndpointConventionBuilder MapRead(this IEndpointRouteBuilder routes, string pattern, Delegate handler) =>
        routes.MapMethods(pattern, Methods, handler);
}
