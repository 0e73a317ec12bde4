module acme.example/cad

go 1.19

require holdfast.example/holdfast v0.0.0

replace holdfast.example/holdfast => ../../../agent/client/go
