namespace MoeGen.Engine;

/// <summary>
/// Lets callers on several threads share passes without knowing of each other (continuous batching). There is no thread for it: of the
/// callers that wait, one at a time leads, runs a pass for those that have waited longest, and hands over. Between two passes new sequences
/// join and others leave. Asking allocates nothing.
/// </summary>
/// <remarks>
/// When a pass has ended, its callers choose their tokens and come back a moment later. A pass that began at once would have the first of
/// them alone, and the others in the next one. So it waits until all are back, but not for long: a caller that does something else
/// meanwhile is waited for once, and then no more until it has come back.
/// </remarks>
/// <param name="maxRequests">Most sequences of a pass.</param>
/// <param name="run">Runs a pass for some requests and answers them; must not throw.</param>
/// <param name="clock">Says how long passes take.</param>
internal sealed class PassQueue(int maxRequests, PassQueue.RunPass run, TimeProvider clock)
{
    // the least time that a wait can be told to take
    private const int LeastPatienceMs = 1;

    private readonly object _gate = new();
    private readonly List<PassRequest> _waiting = []; // who has waited longest first
    private readonly PassRequest[] _together = new PassRequest[maxRequests]; // those of the running pass, or of the last one
    private int _numTogether;
    private int _numAway; // of the last pass, expected back
    private bool _isLed; // a caller runs a pass
    private PassRequest? _watch; // its caller waits for those away no longer than until the deadline; the others wait for it
    private long _deadline; // time of the clock

    /// <summary>Runs a pass for some requests and answers them.</summary>
    /// <param name="requests">The requests, who has waited longest first; may be put into another order.</param>
    public delegate void RunPass(Span<PassRequest> requests);

    /// <summary>Requests that wait for the next pass.</summary>
    public int NumWaiting
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    /// <summary>Waits until a request is answered, leading passes meanwhile.</summary>
    /// <param name="request">A request that has begun.</param>
    public void Run(PassRequest request)
    {
        Enter(request);
        while (LeadsNextPass(request))
        {
            long start = clock.GetTimestamp();
            run(_together.AsSpan(0, _numTogether));
            EndPass(start);
        }
    }

    /// <summary>The sequence of a request will not come back.</summary>
    public void Forget(PassRequest request)
    {
        lock (_gate)
        {
            Return(request);
            if (_numAway == 0)
            {
                Monitor.PulseAll(_gate);
            }
        }
    }

    private void Enter(PassRequest request)
    {
        lock (_gate)
        {
            Return(request);
            request.IsQueued = true;
            _waiting.Add(request);
        }
    }

    private void Return(PassRequest request)
    {
        _numAway -= request.IsAway ? 1 : 0;
        request.IsAway = false;
    }

    // waits; true: the caller is to run the pass that has been gathered; false: its request has been answered
    private bool LeadsNextPass(PassRequest request)
    {
        lock (_gate)
        {
            while (request.IsQueued)
            {
                int patienceMs = PatienceMs();
                if (!_isLed && patienceMs == 0)
                {
                    _isLed = true;
                    Gather();
                    return true;
                }

                _watch = _isLed ? _watch : _watch ?? request;
                Monitor.Wait(_gate, _watch == request ? patienceMs : Timeout.Infinite);
                _watch = _watch == request ? null : _watch;
            }

            return false;
        }
    }

    // how long the next pass is to wait for those that are away; 0: it begins
    private int PatienceMs()
    {
        if (_numAway == 0 || _waiting.Count >= _together.Length)
        {
            return 0;
        }

        double leftMs = clock.GetElapsedTime(clock.GetTimestamp(), _deadline).TotalMilliseconds;
        return leftMs <= 0 ? 0 : (int)Math.Ceiling(leftMs);
    }

    private void Gather()
    {
        foreach (PassRequest late in _together.AsSpan(0, _numTogether))
        {
            Return(late);
        }

        _numTogether = Math.Min(_waiting.Count, _together.Length);
        _waiting.CopyTo(0, _together, 0, _numTogether);
        _waiting.RemoveRange(0, _numTogether);
    }

    private void EndPass(long start)
    {
        long end = clock.GetTimestamp();
        lock (_gate)
        {
            foreach (PassRequest request in _together.AsSpan(0, _numTogether))
            {
                if (request.IsDone)
                {
                    request.IsQueued = false;
                    request.IsAway = !request.HasFailed;
                    _numAway += request.IsAway ? 1 : 0;
                }
                else
                {
                    _waiting.Add(request);
                }
            }

            // half a pass: waiting for one costs the others less than running without it costs the one
            _deadline = end + Math.Max((end - start) / 2, clock.TimestampFrequency * LeastPatienceMs / 1000);
            _isLed = false;
            _watch = null;
            Monitor.PulseAll(_gate);
        }
    }
}
